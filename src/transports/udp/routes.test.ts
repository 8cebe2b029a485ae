import { expect, test } from 'vitest';
import { Routes } from './routes.ts';

test('Routes starts with the first link and prefers where the peer was heard last', () => {
  const routes = new Routes();
  expect(routes.inOrder([0, 1, 2])).toEqual([0, 1, 2]);
  routes.heard(1, 100);
  routes.heard(2, 50);
  expect(routes.inOrder([0, 1, 2])).toEqual([1, 2, 0]);
  routes.heard(0, 101);
  expect(routes.inOrder([0, 1, 2])).toEqual([0, 1, 2]);
  expect(routes.inOrder([1, 2])).toEqual([1, 2]);
});

test('Routes avoids a link on which the peer does not hear us, while it hears us on another', () => {
  const routes = new Routes();
  routes.heard(0, 100);
  routes.heard(1, 200);
  routes.confirmed([0]);
  expect(routes.inOrder([0, 1])).toEqual([0, 1]);
  routes.confirmed([]);
  expect(routes.inOrder([0, 1])).toEqual([1, 0]);
});

test('Routes knows whether a link was heard lately', () => {
  const routes = new Routes();
  expect(routes.heardSince(0, 0)).toBe(false);
  routes.heard(0, 100);
  expect(routes.heardSince(0, 100)).toBe(true);
  expect(routes.heardSince(0, 101)).toBe(false);
});
