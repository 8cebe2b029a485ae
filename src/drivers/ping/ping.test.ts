import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { checksum, echoRequest, isAnswer } from './echo.ts';
import type { Icmp } from './icmp_socket.ts';
import { PingDriver } from './index.ts';
import { askByProgram } from './program.ts';

const token = Uint8Array.from({ length: 16 }, (_, i) => i);

const answerTo = (request: Uint8Array, type: number): Uint8Array => {
  const answer = Uint8Array.from(request);
  answer[0] = type;
  return answer;
};

describe('echo', () => {
  test('a request has a right checksum', () => {
    expect(checksum(echoRequest(4, 7, token))).toBe(0);
    expect(echoRequest(6, 7, token)[0]).toBe(128);
  });

  test('an answer is known with and without its IP header', () => {
    const answer = answerTo(echoRequest(4, 1, token), 0);
    expect(isAnswer(4, answer, token)).toBe(true);
    expect(isAnswer(4, Uint8Array.from([0x45, ...Array(19).fill(0), ...answer]), token)).toBe(true);
    expect(isAnswer(6, answerTo(echoRequest(6, 1, token), 129), token)).toBe(true);
  });

  test('a request, an answer to another one, and rubbish are none', () => {
    expect(isAnswer(4, echoRequest(4, 1, token), token)).toBe(false);
    expect(isAnswer(4, answerTo(echoRequest(4, 1, new Uint8Array(16)), 0), token)).toBe(false);
    for (const bytes of [[], [0], [0x45], [0x4f, 0, 0]]) expect(isAnswer(4, Uint8Array.from(bytes), token)).toBe(false);
  });
});

interface Pinged {
  readonly sentAtMs: number;
  readonly reached: readonly string[];
}

function driverOn(more: { icmp?: () => Promise<Icmp | string>; timeoutMs?: number } = {}) {
  const rounds: Pinged[] = [];
  const driver = new PingDriver({
    nowMs: () => performance.now(),
    timeoutMs: () => more.timeoutMs ?? 1000,
    deliver: ({ sentAtMs, reached }) => rounds.push({ sentAtMs, reached }),
    ...(more.icmp === undefined ? {} : { icmp: more.icmp }),
  });
  return { rounds, driver };
}

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 600 && !holds(); i++) await sleep(10);
}

/** Answers for some addresses, from a given sending on. */
const fake = (there: readonly string[], fromSending = 1): Icmp => ({
  open: (address) => {
    let sendings = 0;
    let answer: Uint8Array | null = null;
    return {
      send: (packet) => {
        if (there.includes(address) && ++sendings === fromSending) answer = answerTo(packet, 0);
        return null;
      },
      receive: () => {
        const got = answer;
        answer = null;
        return got;
      },
      close: () => undefined,
    };
  },
});

describe('a round', () => {
  test('ends at once for whoever answers, whether or not others do', async () => {
    const { rounds, driver } = driverOn({ icmp: async () => fake(['10.0.0.1', '10.0.0.2']), timeoutMs: 400 });
    const beginMs = performance.now();
    driver.ping(['10.0.0.9', '10.0.0.1', '10.0.0.2', '10.0.0.1']);
    await until(() => rounds.length > 1);
    expect(performance.now() - beginMs).toBeLessThan(300);
    expect(rounds.flatMap(({ reached }) => reached)).toEqual(['10.0.0.1', '10.0.0.2']);
    expect(rounds[0]?.sentAtMs).toBeGreaterThanOrEqual(beginMs);
    await until(() => rounds.length > 2);
    expect(rounds[2]?.reached).toEqual([]);
  });

  test('bears a lost packet', async () => {
    const { rounds, driver } = driverOn({ icmp: async () => fake(['10.0.0.1'], 2), timeoutMs: 300 });
    driver.ping(['10.0.0.1']);
    await until(() => rounds.length > 0);
    expect(rounds[0]?.reached).toEqual(['10.0.0.1']);
  });

  test('is the only one of an address', async () => {
    const { rounds, driver } = driverOn({ icmp: async () => fake([]), timeoutMs: 200 });
    for (let i = 0; i < 5; i++) driver.ping(['10.0.0.1']);
    await sleep(400);
    expect(rounds.length).toBe(1);
    driver.ping(['10.0.0.1']);
    await until(() => rounds.length > 1);
    expect(rounds.length).toBe(2);
  });
});

describe.skipIf(process.getuid?.() !== 0)("this machine's own addresses (needs root)", () => {
  test('are reached by a socket', async () => {
    const { rounds, driver } = driverOn();
    driver.ping(['127.0.0.1', '::1', '127.77.0.9', 'nonsense']);
    await until(() => rounds.length > 3);
    const reached = rounds.flatMap((round) => round.reached);
    expect(reached.toSorted()).toEqual(['127.0.0.1', '127.77.0.9', '::1']);
  });

  test('and nobody is, at an address that no network may use', async () => {
    const { rounds, driver } = driverOn({ timeoutMs: 300 });
    driver.ping(['240.0.0.1', '2001:db8::1']);
    await until(() => rounds.length > 0);
    expect(rounds[0]?.reached).toEqual([]);
  });
});

test.skipIf(!existsSync('/usr/bin/ping'))('the program ping answers where there are no sockets', async () => {
  expect(await askByProgram('127.0.0.1', 1000)).toBe(true);
  expect(await askByProgram('240.0.0.1', 1000)).toBe(false);
  const { rounds, driver } = driverOn({ icmp: async () => 'no library' });
  driver.ping(['127.0.0.1']);
  await until(() => rounds.length > 0);
  expect(rounds[0]?.reached).toEqual(['127.0.0.1']);
});
