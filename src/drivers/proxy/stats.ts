/** The statistics page: one table, behind a password. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { BalanceResource } from '../../core/model.ts';
import type { ServerStatus } from './pool.ts';

export function createStatsServer(status: () => readonly ServerStatus[], resource: () => BalanceResource): Server {
  return createServer({ requestTimeout: 10_000 }, ({ headers }, answer) => {
    const { stats } = resource();
    if (stats === null || !isAllowed(headers.authorization, stats)) {
      answer.writeHead(401, { 'WWW-Authenticate': 'Basic realm="sempre"', 'Content-Type': 'text/plain' });
      answer.end('a user and a password are needed\n');
      return;
    }
    answer.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' });
    answer.end(statsPage(status()));
  });
}

/** Compares digests, so that the time taken tells nothing. */
export function isAllowed(header: string | undefined, { user, password }: { user: string; password: string }): boolean {
  const wanted = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(header ?? ''), digest(wanted));
}

export function statsPage(servers: readonly ServerStatus[]): string {
  const rows = servers.map(({ id, state, sessions, weight, lastCheck }) =>
    [id, state, sessions, weight, lastCheck].map((cell) => `<td>${escapeHtml(String(cell))}</td>`).join(''),
  );
  const head = ['server', 'state', 'connections', 'weight', 'last check'].map((name) => `<th>${name}</th>`).join('');
  return `<!doctype html><title>balancer</title><table><tr>${head}</tr>${rows.map((row) => `<tr>${row}</tr>`).join('')}</table>\n`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? '');
