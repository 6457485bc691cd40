#!/usr/bin/env node
import { createRng } from '@detrain/core';

console.log(createRng(1).next());
