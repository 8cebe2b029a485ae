import { describe, expect, it } from 'vitest';
import { balance, serverAt } from '../engine/balance_bench.ts';
import { drainCommand } from './commands.ts';
import { quote, renderConfig, type Surroundings, whyNotRenderable } from './render.ts';

const around: Surroundings = {
  statsSocket: '/run/sempre/haproxy/0123456789.s',
  stateFile: '/run/sempre/haproxy/site.servers',
  account: { user: 'haproxy', group: 'haproxy' },
  transparent: true,
  ipv6: true,
};
const servers = [serverAt('web1', 8001), { ...serverAt('web2', 8002), address: 'fd00::2', weight: 5 }];
const site = balance('haproxy', 80, servers, {
  listen: { address: '192.168.200.120', port: 80 },
  forwardFor: true,
  cookie: 'SITE',
  stats: { port: 8404, user: 'admin', password: "a b'c" },
});

describe('the configuration', () => {
  it('of an HTTP balancer with everything', () => {
    expect(renderConfig(site, around)).toMatchInlineSnapshot(`
      "# Written by sempre: changes are lost.
      global
          maxconn 8000
          no strict-limits
          log stdout format raw daemon notice
          stats socket /run/sempre/haproxy/0123456789.s mode 600 level admin expose-fd listeners
          stats timeout 10s
          server-state-file /run/sempre/haproxy/site.servers
          hard-stop-after 600000ms
          mworker-max-reloads 20
          spread-checks 5
          user haproxy
          group haproxy

      defaults
          mode http
          log global
          load-server-state-from-file global
          timeout connect 100ms
          timeout client 5000ms
          timeout server 5000ms
          timeout queue 400ms
          timeout check 100ms
          retries 3
          option redispatch 1
          option dontlognull
          option clitcpka
          option srvtcpka
          timeout http-request 5000ms
          timeout http-keep-alive 5000ms
          option http-server-close
          http-reuse never
          retry-on conn-failure empty-response
          option forwardfor

      frontend sempre
          bind 192.168.200.120:80 transparent
          http-request disable-l7-retry unless METH_GET or { method OPTIONS }
          default_backend sempre

      backend sempre
          balance roundrobin
          option httpchk
          http-check send meth GET uri /check.txt ver HTTP/1.1 hdr Host 127.0.0.1 hdr Connection close
          http-check expect rstatus ^[23]
          cookie SITE insert indirect nocache httponly
          default-server check inter 100ms fastinter 25ms downinter 100ms rise 2 fall 3 observe layer4 error-limit 2 on-error sudden-death
          server web1 127.0.0.1:8001 weight 1 cookie web1
          server web2 ipv6@[fd00::2]:8002 weight 5 cookie web2

      frontend sempre-stats
          mode http
          bind :::8404 v4v6
          stats enable
          stats uri /
          stats refresh 5s
          stats hide-version
          stats auth 'admin:a b'\\''c'
      "
    `);
  });

  it('of a TCP balancer has nothing of HTTP in it', () => {
    const tcp = {
      ...site,
      mode: 'tcp' as const,
      cookie: null,
      stats: null,
      check: { ...site.check, kind: 'tcp' as const },
    };
    const text = renderConfig(tcp, around);
    expect(text).not.toMatch(/http|forwardfor|cookie/);
    expect(text).toContain('    mode tcp\n');
  });

  it('listens everywhere, or on an IPv6 address, or without the power to bind what is elsewhere', () => {
    const bind = (address: string | null, more: Partial<Surroundings> = {}): string | undefined =>
      renderConfig({ ...site, listen: { address, port: 80 } }, { ...around, ...more })
        .split('\n')
        .find((line) => line.startsWith('    bind '))
        ?.trim();
    expect(bind(null)).toBe('bind :::80 v4v6');
    expect(bind(null, { ipv6: false })).toBe('bind :80');
    expect(bind('fd00::120')).toBe('bind ipv6@[fd00::120]:80 transparent');
    expect(bind('192.0.2.1', { transparent: false })).toBe('bind 192.0.2.1:80');
    expect(bind('127.0.0.9')).toBe('bind 127.0.0.9:80');
  });
});

describe('text of the user', () => {
  it('is quoted so that no character has a meaning', () => {
    expect(quote('/check.txt?a=b&c=%20')).toBe('/check.txt?a=b&c=%20');
    expect(quote('a b#c"$d')).toBe(`'a b#c"$d'`);
    expect(quote("it's")).toBe(`'it'\\''s'`);
    expect(quote('')).toBe("''");
  });

  it('that HAProxy could not read, or would read as more lines, is refused', () => {
    expect(whyNotRenderable(site)).toBeNull();
    expect(whyNotRenderable({ ...site, cookie: 'a\nglobal' })).toContain('the cookie holds a control character');
    expect(whyNotRenderable({ ...site, check: { ...site.check, path: '/a b' } })).toContain('holds a space');
    expect(whyNotRenderable({ ...site, servers: [serverAt('a b', 80)] })).toContain('"a b"');
    expect(whyNotRenderable({ ...site, stats: { port: 1, user: 'a:b', password: '' } })).toContain('colon');
  });
});

it('drains what is named and readies the rest', () => {
  expect(drainCommand(site, ['web2'])).toBe('set server sempre/web1 state ready; set server sempre/web2 state drain');
});
