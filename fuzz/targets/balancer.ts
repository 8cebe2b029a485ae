/** What clients and servers say to the balancers, and HAProxy to us. */
import { type AddressInfo, createServer } from 'node:net';
import type { BalanceResource } from '../../src/core/model.ts';
import { balance, serverAt } from '../../src/drivers/engine/balance_bench.ts';
import {
  alertsOf,
  blameOf,
  parseProcesses,
  parseStat,
  stateToKeep,
  workerOfInfo,
} from '../../src/drivers/haproxy/parse.ts';
import { answerHeaders, cookieOf, mayRepeat, requestHeaders } from '../../src/drivers/proxy/headers.ts';
import { createHttpServer } from '../../src/drivers/proxy/http.ts';
import { Pool } from '../../src/drivers/proxy/pool.ts';
import { parseAnswer, parseRequest } from '../../src/drivers/proxy/settings.ts';
import { isAllowed, statsPage } from '../../src/drivers/proxy/stats.ts';
import { firstOf, isSameJson, jsonOf, type Prepared, type Target } from '../target.ts';
import { say } from './api.ts';

const cookie = 'SERVERID';

function headers(): Prepared {
  return {
    examples: [
      ['Host', 'a', 'Cookie', 'SERVERID=web1; a=b', 'Connection', 'close, X-One', 'X-One', '1'],
      [
        'host',
        'a',
        'cookie',
        'a=b;SERVERID = web1',
        'Content-Length',
        '3',
        'Transfer-Encoding',
        'chunked',
        'Upgrade',
        'websocket',
      ],
    ].map((each) => JSON.stringify(each)),
    check: (input, note) => {
      const raw = jsonOf(input);
      if (!Array.isArray(raw) || !raw.every((each) => typeof each === 'string')) return null;
      const sent = requestHeaders(raw, { forwardedFor: '10.0.0.9', cookie, chunked: false });
      const back = answerHeaders(raw, { name: cookie, serverId: 'web1' });
      note(sent.map((each) => each.toLowerCase()).join(' '));
      const names = sent.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
      const passedOn = new Set(keptCookies(sent));
      const connections = names.filter((name) => name === 'connection').length;
      return firstOf(
        cookieOf(sent, cookie) !== null && 'shows our cookie to the server',
        keptCookies(raw).some((pair) => !passedOn.has(pair)) && 'takes a cookie away that is not ours',
        connections !== 1 && `sends ${connections} headers Connection`,
        names.some((name) => ['keep-alive', 'upgrade', 'te', 'proxy-connection'].includes(name)) &&
          'passes on what is for us',
        sent.length % 2 !== 0 && 'sends half a header',
        back.length % 2 !== 0 && 'answers half a header',
        mayRepeat('POST', raw) && 'repeats a POST',
      );
    },
  };
}

/** Cookies that are not ours, of requests whose header `Cookie` is not dropped as a whole. */
function keptCookies(raw: readonly string[]): string[] {
  const pairs = raw.flatMap((name, i) => (i % 2 === 0 ? [[name.toLowerCase(), raw[i + 1] ?? ''] as const] : []));
  if (pairs.some(([name, value]) => name === 'connection' && value.toLowerCase().includes('cookie'))) return [];
  const parts = pairs
    .flatMap(([name, value]) => (name === 'cookie' ? value.split(';') : []))
    .map((part) => part.trim());
  return parts.filter((part) => part !== '' && part.split('=')[0]?.trim() !== cookie);
}

const idleMs = 60;
const mark = '\n=====\n';

/** A whole balancer between a client that says the one half of the input and a server that answers with the other half. */
async function proxy(): Promise<Prepared> {
  let answer: Buffer = Buffer.alloc(0);
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const check = {
    kind: 'tcp',
    method: 'GET',
    path: '/',
    everyMs: 1_000_000,
    timeoutMs: 1000,
    rise: 1,
    fall: 1000,
  } as const;
  const resource: BalanceResource = balance('proxy', 1, [serverAt('web1', port)], {
    cookie,
    check,
    idleTimeoutMs: idleMs,
    forwardFor: true,
  });
  const pool = new Pool(resource);
  const front = createHttpServer(pool, () => resource);
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve));
  const { port: frontPort } = front.address() as AddressInfo;
  const uncaught: string[] = [];
  const uncatch = (error: unknown): void =>
    void uncaught.push(error instanceof Error ? `${error.message}` : String(error));
  process.on('uncaughtException', uncatch).on('unhandledRejection', uncatch);
  const plainAnswer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
  const plainRequest = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
  const of = (request: string, response: string): string => `${request}${mark}${response}`;
  return {
    examples: [
      of(plainRequest, plainAnswer),
      of('POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nA: b\r\n\r\n', plainAnswer),
      of(
        plainRequest.replace('\r\n\r\n', '\r\nCookie: SERVERID=web1; a=b\r\n\r\n'),
        'HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
      ),
      of(
        'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nabc',
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nxyz',
      ),
      of(
        plainRequest,
        'HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n',
      ),
    ],
    check: async (input, note) => {
      const at = input.indexOf(mark);
      answer = input.subarray(at < 0 ? input.length : at + mark.length);
      const said = await say(frontPort, input.subarray(0, at < 0 ? input.length : at));
      note(said.toString('latin1').replace(/^Date: .*$/m, ''));
      const error = uncaught.pop();
      return error === undefined ? null : `the balancer would end: ${error}`;
    },
    close: async () => {
      process.off('uncaughtException', uncatch).off('unhandledRejection', uncatch);
      pool.close();
      for (const each of [front, server]) each.close();
      front.closeAllConnections();
    },
  };
}

function control(): Prepared {
  const examples = [
    { do: 'status' },
    { do: 'drain', servers: ['web1'] },
    { do: 'stop', graceMs: 100 },
    { ok: false, because: 'x' },
  ];
  return {
    examples: examples.map((each) => JSON.stringify(each)),
    check: (input, note) => {
      const text = input.toString('utf8');
      const request = parseRequest(text);
      const answer = parseAnswer(text);
      note(`${request?.do} ${answer?.ok}`);
      const said = isAllowed(text, { user: 'a', password: 'b' });
      const page = statsPage([{ id: text, state: 'up', sessions: 1, weight: 1, lastCheck: text }]);
      return firstOf(
        request !== null && !isSameJson(parseRequest(JSON.stringify(request)), request) && 'reads back another request',
        answer !== null && typeof answer.ok !== 'boolean' && 'takes an answer that is none',
        said && text !== `Basic ${Buffer.from('a:b').toString('base64')}` && 'lets somebody in without the password',
        /<script/i.test(page) && 'writes what a server is called into the page as it is',
      );
    },
  };
}

const stat = `# pxname,svname,qcur,scur,status,weight,act,check_status,check_code,last_chk,type,uweight,
site,FRONTEND,,3,OPEN,,,,,,0,,
site,web1,0,2,UP,100,1,L7OK,200,"OK, ""fine""",2,100,
site,web2,0,0,DOWN 1/2,100,1,* L4CON,,Connection refused,2,100,
`;
const dump = `1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_port
3 site 1 web1 10.0.0.1 2 80
3 site 2 web2 10.0.0.2 2 80
`;
const shown = '#<PID> <type> <reloads> <uptime>\n1234 master 2 [failed: 1] 0d00h\n1235 worker 0 0d00h\nPid: 1235\n';
const alert = '[ALERT]    (77) : config : parsing [a:3] : unknown keyword\n[ALERT] x (77) : cannot bind\n';

function haproxy(): Prepared {
  const resource = balance('haproxy', 80, [serverAt('web1', 80)]);
  return {
    examples: [stat, dump, shown, alert],
    check: (input, note) => {
      const text = input.toString('utf8');
      const servers = parseStat(text);
      const kept = stateToKeep(text, resource);
      const found = parseProcesses(text);
      const alerts = alertsOf(text.split('\n'));
      note(
        `${servers.map(({ state }) => state).join(' ')} ${kept.split('\n').length > 3} ${found === null} ${blameOf(alerts)}`,
      );
      return firstOf(
        servers.some(({ sessions, weight }) => Number.isNaN(sessions) || Number.isNaN(weight)) && 'counts to no number',
        kept.length > text.length + 1 && 'keeps more than there was',
        found !== null && found.worker !== null && found.worker < 0 && 'reads a process id that is none',
        (workerOfInfo(text) ?? 0) < 0 && 'reads a process id that is none',
        !['cluster', 'node', 'soft'].includes(blameOf(alerts)) && 'blames nobody',
      );
    },
  };
}

export const balancerTargets: readonly Target[] = [
  {
    name: 'proxy-headers',
    reads: 'headers of requests and answers that the built-in balancer passes on',
    form: 'json',
    words: ['Cookie', 'SERVERID', 'SERVERID=', 'Connection', 'close', 'Host', ';'],
    prepare: headers,
  },
  {
    name: 'proxy-http',
    reads: 'HTTP of clients and of servers, through the whole built-in balancer',
    form: 'bytes',
    words: [
      'HTTP/1.1 ',
      'HTTP/1.1 000 ',
      '100',
      '101',
      '999',
      'Connection: Upgrade\r\n',
      'Upgrade: a\r\n',
      'Transfer-Encoding: gzip, chunked\r\n',
      'Content-Length: 5\r\n',
      'Expect: 100-continue\r\n',
      'Host: b\r\n',
      '\r\n',
      mark,
      'OPTIONS *',
      'CONNECT a:1',
    ],
    inputMsMax: 1000,
    prepare: proxy,
  },
  {
    name: 'proxy-control',
    reads: 'the control socket and the statistics page of the built-in balancer',
    form: 'json',
    words: ['do', 'status', 'drain', 'stop', 'reload', '<script>'],
    prepare: control,
  },
  {
    name: 'haproxy',
    reads: "HAProxy's statistics, processes, server states and alerts",
    form: 'text',
    words: [',', '"', '# ', ' worker 0', '[ALERT] ', '(1) : ', 'type', '2'],
    prepare: haproxy,
  },
];
