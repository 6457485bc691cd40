export * from './dense-o2o.ts';
export * from './matchability.ts';
export * from './policy.ts';
export * from './standard.ts';
