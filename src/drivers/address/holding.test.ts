import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Sighting } from './frames.ts';
import { announceAtMs, type Holding, hold } from './holding.ts';
import type { Segment } from './segment.ts';

const rival: Sighting = { mac: '02:00:00:00:00:0b', kind: 'uses', handover: false };

let heard: Sighting[];
let announced: { atMs: number; handover: boolean }[];
let reports: string[];
let inquiries: number;
let holding: Holding | null;

beforeEach(() => {
  vi.useFakeTimers();
  heard = [];
  announced = [];
  reports = [];
  inquiries = 0;
  holding = null;
});
afterEach(() => {
  holding?.close();
  vi.useRealTimers();
});

const segment: Segment = {
  mac: '02:00:00:00:00:0a',
  ask: () => Promise.resolve(null),
  announce: (handover) => void announced.push({ atMs: performance.now(), handover }),
  inquire: () => void inquiries++,
  sightings: () => heard.splice(0),
  close: () => {},
};

function begin(more: { announce?: boolean; handoverMs?: number; handoverFrom?: string } = {}): void {
  const onConflict = (because: string): void => void reports.push(because);
  holding = hold({ segment, announce: true, handoverMs: 0, handoverFrom: null, onConflict, ...more });
}

it('announces at once, five times in the first second, and twice later', () => {
  const startMs = performance.now();
  begin();
  vi.advanceTimersByTime(60_000);
  expect(announced.map(({ atMs }) => atMs - startMs)).toEqual([...announceAtMs]);
});

it('answers every conflict, but not in a storm, and reports it now and then', () => {
  begin({ announce: false });
  for (let i = 0; i < 100; i += 1) {
    heard.push(rival);
    vi.advanceTimersByTime(10);
  }
  expect(announced.length).toBeGreaterThanOrEqual(4);
  expect(announced.length).toBeLessThanOrEqual(5);
  expect(reports).toEqual(['it is also used by 02:00:00:00:00:0b: announced it again']);
});

it('who gives it up asks for another holder, but not after a planned move', () => {
  begin();
  holding?.leave();
  expect(inquiries).toBe(1);
  begin();
  heard.push({ ...rival, handover: true });
  holding?.leave();
  expect(inquiries).toBe(1);
});

it('a question of another station is no conflict, and is answered by announcing it', () => {
  begin({ announce: false });
  heard.push({ ...rival, kind: 'asks' });
  vi.advanceTimersByTime(1000);
  expect(announced).toHaveLength(1);
  expect(reports).toEqual([]);
});

it('falls silent for a planned move, also with what it still had to announce', () => {
  begin();
  heard.push({ ...rival, handover: true });
  vi.advanceTimersByTime(199);
  heard.push(rival);
  vi.advanceTimersByTime(5000);
  expect(announced.length).toBe(1);
  expect(reports).toEqual([]);
});

it('a planned move that did not happen leaves it defending again', () => {
  begin({ announce: false });
  heard.push({ ...rival, handover: true });
  vi.advanceTimersByTime(11_000);
  heard.push(rival);
  vi.advanceTimersByTime(100);
  expect(announced.length).toBe(1);
});

it('the new holder marks its announcements, and does not report the old one', () => {
  begin({ handoverMs: 1000 });
  heard.push(rival);
  vi.advanceTimersByTime(900);
  expect(announced.every(({ handover }) => handover)).toBe(true);
  expect(reports).toEqual([]);
  vi.advanceTimersByTime(1500);
  expect(announced.at(-1)?.handover).toBe(false);
});

it('does not yield to the old holder, which announces the move before ours until it has heard us', () => {
  const late: Sighting = { ...rival, handover: true };
  heard.push(late);
  begin({ handoverMs: 5000, handoverFrom: rival.mac });
  expect(announced).toHaveLength(1);
  vi.advanceTimersByTime(50);
  heard.push(late);
  vi.advanceTimersByTime(950);
  expect(announced.length).toBeGreaterThanOrEqual(5);
  expect(reports).toEqual([]);
});

it('yields to a third node that takes it from us while our own move is young', () => {
  begin({ handoverMs: 5000, handoverFrom: rival.mac });
  vi.advanceTimersByTime(1900);
  const before = announced.length;
  heard.push({ mac: '02:00:00:00:00:0c', kind: 'uses', handover: true });
  vi.advanceTimersByTime(9000);
  expect(announced.length).toBe(before);
});
