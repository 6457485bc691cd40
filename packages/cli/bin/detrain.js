#!/usr/bin/env node
// Not the build's own file, so that package managers find it before the first build.
import '../dist/bin.js';
