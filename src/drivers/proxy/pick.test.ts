import { describe, expect, it } from 'vitest';
import { type Candidate, type Credits, pick } from './pick.ts';

const server = (id: string, weight = 1, connections = 0): Candidate => ({ id, weight, connections });

function turns(algorithm: 'roundrobin' | 'leastconn', candidates: readonly Candidate[], count: number): string {
  let credits: Credits = new Map();
  let taken = '';
  for (let i = 0; i < count; i += 1) {
    const picked = pick(algorithm, candidates, credits, '');
    if (picked === null) break;
    credits = picked.credits;
    taken += picked.id;
  }
  return taken;
}

const bySource = (candidates: readonly Candidate[], source: string): string | undefined =>
  pick('source', candidates, new Map(), source)?.id;

const clients = Array.from({ length: 2000 }, (_, i) => `192.0.2.${i % 250}:${i}`);

describe('round robin', () => {
  it('takes equal servers in turn', () => {
    expect(turns('roundrobin', [server('a'), server('b'), server('c')], 7)).toBe('abcabca');
  });

  it('spreads the turns of a heavy server over the round', () => {
    expect(turns('roundrobin', [server('a', 3), server('b', 1)], 8)).toBe('aabaaaba');
  });

  it('passes over a weight of zero, and has no answer without servers', () => {
    expect(turns('roundrobin', [server('a', 0), server('b')], 3)).toBe('bbb');
    expect(pick('roundrobin', [], new Map(), '')).toBeNull();
    expect(pick('source', [server('a', 0)], new Map(), 'x')).toBeNull();
  });
});

describe('least connections', () => {
  it('takes the least loaded for its weight', () => {
    expect(turns('leastconn', [server('a', 1, 2), server('b', 1, 1)], 1)).toBe('b');
    expect(turns('leastconn', [server('a', 4, 3), server('b', 1, 1)], 1)).toBe('a');
  });

  it('takes equals in turn', () => {
    expect(turns('leastconn', [server('a', 1, 1), server('b', 1, 1), server('c', 1, 9)], 4)).toBe('abab');
  });
});

describe('by source', () => {
  it('the same client gets the same server, and clients spread by weight', () => {
    const servers = [server('a', 3), server('b', 1)];
    const ofA = clients.filter((client) => bySource(servers, client) === 'a').length;
    expect(ofA / clients.length).toBeGreaterThan(0.7);
    expect(ofA / clients.length).toBeLessThan(0.8);
    expect(bySource(servers, 'x')).toBe(bySource(servers, 'x'));
  });

  it('when a server goes, only its own clients move', () => {
    const before = [server('a'), server('b'), server('c')];
    const after = [server('a'), server('c')];
    const moved = clients.filter((client) => bySource(before, client) !== bySource(after, client));
    expect(moved.every((client) => bySource(before, client) === 'b')).toBe(true);
  });
});
