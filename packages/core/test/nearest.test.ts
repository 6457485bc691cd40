import { expect, it } from 'vitest';
import { nearest } from '../src/index.ts';

it('nearest knows typing errors and leaves the rest alone', () => {
  expect(nearest('lerningRate', ['learningRate', 'weightDecay'])).toBe('learningRate');
  expect(nearest('LEARNING_RATE', ['learningRate'])).toBe('learningRate');
  expect(nearest('colour', ['learningRate', 'seed'])).toBeNull();
});
