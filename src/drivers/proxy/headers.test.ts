import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerHeaders, cookieOf, endToEnd, mayRepeat, requestHeaders } from './headers.ts';

const none = { forwardedFor: null, cookie: null, chunked: false };

describe('headers of a request', () => {
  it('lose what is meant for the proxy, also what Connection names', () => {
    const raw = ['Host', 'a', 'Connection', 'keep-alive, X-Hop', 'X-Hop', '1', 'TE', 'trailers', 'Accept', '*/*'];
    expect(requestHeaders(raw, none)).toEqual(['Host', 'a', 'Accept', '*/*', 'Connection', 'close']);
  });

  it('cannot be made to lose the length of the body or the host by naming them in Connection', () => {
    const raw = ['Host', 'a', 'Connection', 'host, content-length', 'Content-Length', '3'];
    expect(endToEnd(raw)).toEqual(['Host', 'a', 'Content-Length', '3']);
  });

  it('never pass a Transfer-Encoding of the client on: the body is framed anew', () => {
    const raw = ['Host', 'a', 'Transfer-Encoding', 'chunked'];
    expect(requestHeaders(raw, { ...none, chunked: true })).toEqual([
      ...['Host', 'a', 'Transfer-Encoding', 'chunked', 'Connection', 'close'],
    ]);
  });

  it('tell the client’s address after what earlier proxies told', () => {
    const raw = ['X-Forwarded-For', '198.51.100.1'];
    expect(requestHeaders(raw, { ...none, forwardedFor: '192.0.2.7' }).slice(0, 4)).toEqual([
      ...['X-Forwarded-For', '198.51.100.1', 'X-Forwarded-For', '192.0.2.7'],
    ]);
  });

  it('hide our cookie from the server and keep the others', () => {
    const changes = { ...none, cookie: 'SITE' };
    expect(requestHeaders(['Cookie', 'a=b; SITE=web1; c=d'], changes).slice(0, 2)).toEqual(['Cookie', 'a=b; c=d']);
    expect(requestHeaders(['Cookie', 'SITE=web1'], changes)).toEqual(['Connection', 'close']);
    // Ours, with a space; and not ours, without a value.
    expect(requestHeaders(['Cookie', 'SITE =web1; SITEs'], changes).slice(0, 2)).toEqual(['Cookie', 'SITEs']);
  });

  it('never throw, and never keep a hop-by-hop header', () => {
    const header = fc.tuple(fc.constantFrom('Connection', 'TE', 'Cookie', 'Upgrade', 'X'), fc.string());
    fc.assert(
      fc.property(fc.array(header), (pairs) => {
        const kept = requestHeaders(pairs.flat(), { ...none, cookie: 'SITE' });
        expect(kept.filter((_, i) => i % 2 === 0)).not.toContain('TE');
        expect(kept.filter((_, i) => i % 2 === 0)).not.toContain('Upgrade');
      }),
    );
  });
});

it('the answer carries the tie, and no cache may keep it for others', () => {
  expect(answerHeaders(['Connection', 'close', 'X', '1'], { name: 'SITE', serverId: 'web1' })).toEqual([
    ...['X', '1', 'Set-Cookie', 'SITE=web1; Path=/; HttpOnly', 'Cache-Control', 'private'],
  ]);
});

it('finds a cookie among others', () => {
  expect(cookieOf(['Cookie', 'a=b;SITE=web1 ; c'], 'SITE')).toBe('web1');
  expect(cookieOf(['Cookie', 'XSITE=web1'], 'SITE')).toBeNull();
});

it('only what changes nothing and has no body is sent twice', () => {
  expect(mayRepeat('GET', [])).toBe(true);
  expect(mayRepeat('GET', ['Content-Length', '0'])).toBe(true);
  expect(mayRepeat('GET', ['Content-Length', '1'])).toBe(false);
  expect(mayRepeat('HEAD', ['Transfer-Encoding', 'chunked'])).toBe(false);
  expect(mayRepeat('POST', [])).toBe(false);
  expect(mayRepeat('DELETE', [])).toBe(false);
});
