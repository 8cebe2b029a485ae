import { describe, expect, it } from 'vitest';
import { afterCheck, afterRefusal, type Health, presumedUp } from './health.ts';

const thresholds = { rise: 2, fall: 3 };
/** `+` and `-` are checks, `r` is a refused connection; the answer shows up and down after each. */
function story(events: string, from: Health = presumedUp): string {
  let health = from;
  return events
    .split('')
    .map((event) => {
      health = event === 'r' ? afterRefusal(health, thresholds) : afterCheck(health, event === '+', event, thresholds);
      return health.up ? 'u' : 'd';
    })
    .join('');
}

describe('health of a server', () => {
  it('falls after failures in a row, and a success starts the count anew', () => {
    expect(story('+--+---')).toBe('uuuuuud');
  });

  it('rises after successes in a row', () => {
    expect(story('+---+-++')).toBe('uuuddddu');
  });

  it('a new server is up until its first check says otherwise', () => {
    expect(story('-')).toBe('d');
    expect(story('+-')).toBe('uu');
  });

  it('a refused connection makes the next failed check count, but never takes a server out by itself', () => {
    expect(story('+rrrr')).toBe('uuuuu');
    expect(story('+r-')).toBe('uud');
    expect(story('+r+-')).toBe('uuuu');
  });

  it('a refused connection does not help a server that is down', () => {
    expect(story('+---r+r+')).toBe('uuuddddu');
  });
});
