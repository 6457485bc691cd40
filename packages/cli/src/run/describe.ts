import type { Described } from '@detrain/core';

/** A thing's name and options as JSON. */
export const described = ({ name, options }: Described) => ({ name, options });
