/** What agents, tools and the kernel print. */

import { countLines, parseArpingReply, parsePlaces, prefixHeld } from '../../src/drivers/address/parse.ts';
import { parseRecord as parseCommand } from '../../src/drivers/command/record.ts';
import { digestOf, endedWords, isOf, parseInspect } from '../../src/drivers/container/parse.ts';
import { parseRecord as parseEngine } from '../../src/drivers/engine/record.ts';
import { inputFor } from '../../src/drivers/fence/input.ts';
import { type AgentDescription, parseMetadata } from '../../src/drivers/fence/metadata.ts';
import { judge as judgeFence } from '../../src/drivers/fence/outcome.ts';
import { withoutSecrets } from '../../src/drivers/fence/secrets.ts';
import { judge as judgeOcf } from '../../src/drivers/ocf_api/parse.ts';
import { parseProcStat } from '../../src/drivers/process/proc_stat.ts';
import type { Ended } from '../../src/drivers/process/run.ts';
import { appendTail, emptyTail, tailText } from '../../src/drivers/process/tail.ts';
import { cannotLoad, describe, parseShow, phaseOf } from '../../src/drivers/systemd/parse.ts';
import { must } from '../../src/lib/assert.ts';
import { textLengthMax } from '../../src/transports/wire/model.ts';
import { firstOf, isSameJson, jsonOf, type Prepared, type Target } from '../target.ts';

/** Longer than what fits a record it would make the record of its node one that no other node takes. */
const isTooLong = (because: string): boolean => because.length > textLengthMax;

function endsOf(text: string, code: number): Ended[] {
  const said = { stdout: text, stderr: text };
  return [
    { kind: 'exited', code, ...said },
    { kind: 'exited', code, stdout: text, stderr: '' },
    { kind: 'killed', signal: 'SIGKILL', ...said },
    { kind: 'timedOut', ...said },
  ];
}

/** Which one, the length of an input says: it changes with every other input. */
const oneOf = <T>(list: readonly T[], length: number): T => must(list[length % list.length], 'one of several');

/** The output as `runProgram` keeps it. */
function outputOf(input: Buffer): string {
  const tail = emptyTail(64 * 1024);
  for (let at = 0; at < input.length; at += 4096) appendTail(tail, input.subarray(at, at + 4096));
  return tailText(tail);
}

function ocfOutput(): Prepared {
  return {
    examples: [
      'ocf-exit-reason:Setup problem: no device\n',
      'Nov 20 21:00:00 INFO: starting\nocf-exit-reason: it is full\nbye\n',
      `ocf-exit-reason:${'x'.repeat(65_000)}`,
    ],
    check: (input, note) => {
      const text = outputOf(input);
      const verb = oneOf(['start', 'probe', 'stop'] as const, text.length);
      const result = judgeOcf(verb, oneOf(endsOf(text, text.length % 13), text.length), 20_000, null);
      note(result.outcome === 'failed' ? `${result.scope} ${result.because.length > 400}` : result.outcome);
      return result.outcome === 'failed' && isTooLong(result.because) ? 'gives a reason that fits no record' : null;
    },
  };
}

function containerOutput(): Prepared {
  const labels = '"labels":{"sempre.node":"n1","sempre.service":"web:0","sempre.digest":"0123456789abcdef"}';
  return {
    examples: [
      `{"status":"running","exitCode":0,${labels}}\n`,
      `{"status":"exited","exitCode":137,${labels}}\n`,
      '{"status":"created","exitCode":0,"labels":null}\n',
      '{"status":"paused","exitCode":0,"labels":{}}\n',
    ],
    check: (input, note) => {
      const seen = parseInspect(outputOf(input));
      note(seen === null ? 'none' : `${seen.phase} ${isOf(seen, 'n1', 'web:0')} ${digestOf(seen) !== null}`);
      if (seen === null) return null;
      if (isTooLong(endedWords(seen))) return 'gives a reason that fits no record';
      if (seen.phase === 'running' && seen.status !== 'running') return 'takes for running what does not say so';
      return null;
    },
  };
}

function fenceOutput(): Prepared {
  return {
    examples: [
      '2026-11-20 21:00:00,123 ERROR: Failed: Unable to obtain correct plug status\n\n2026-11-20 ERROR: Please use --help\n',
      'Status: ON\n',
      'ERROR: a\rERROR: b\u2028ERROR: Failed: c\n',
    ],
    check: (input, note) => {
      const text = withoutSecrets(outputOf(input), ['secret', 'e']);
      const ended = oneOf(endsOf(text, text.length % 15), text.length);
      const result = judgeFence(oneOf(['status', 'off', 'on'] as const, text.length), ended, 20_000);
      note(result.ok ? `ok ${result.power}` : `${result.because.slice(0, 40)} ${result.because.length > 400}`);
      return firstOf(
        !result.ok && isTooLong(result.because) && 'gives a reason that fits no record',
        result.ok && ended.kind !== 'exited' && 'takes an agent that did not end for success',
      );
    },
  };
}

const metadata = `<?xml version="1.0" ?>
<resource-agent name="fence_x" shortdesc="Fence agent for x" >
<longdesc>It fences &lt;x&gt;.</longdesc>
<vendor-url>http://example.com</vendor-url>
<parameters>
	<parameter name="action" unique="0" required="1"><getopt mixed="-o" /><content type="string" default="reboot" /><shortdesc lang="en">Fencing action</shortdesc></parameter>
	<parameter name="ipaddr" unique="0" required="0" deprecated="1"><content type="select"><option value="a" /><option value="b" /></content></parameter>
</parameters>
<actions><action name="on" automatic="0"/><action name="off" /><action name="metadata" /></actions>
</resource-agent>
`;

function fenceMetadata(): Prepared {
  return {
    examples: [metadata, metadata.replaceAll('\n', '')],
    check: async (input, note) => {
      const described = await parseMetadata(outputOf(input));
      note(described.ok ? shapeOf(described.agent) : described.because);
      if (!described.ok) return described.because.includes('\n') ? 'tells a reason of several lines' : null;
      const { parameters, actions } = described.agent;
      return [...parameters, ...actions].every(({ name }) => name !== '') ? null : 'knows a parameter without a name';
    },
  };
}

const shapeOf = ({ parameters, actions }: AgentDescription): string =>
  `${'p'.repeat(Math.min(9, parameters.length))} ${'a'.repeat(Math.min(9, actions.length))}`;

/** What is said to an agent has to be read as it was meant, whatever the cluster file holds. */
function fenceInput(): Prepared {
  const call = { action: 'off', node: 'n1', plug: '3', params: { ip: '10.0.0.1', login: 'admin', password: 'a=b c' } };
  return {
    examples: [JSON.stringify(call), JSON.stringify({ ...call, plug: null, node: null, params: {} })],
    check: (input, note) => {
      const told = jsonOf(input) as Partial<typeof call> | undefined;
      const { action, node = null, plug = null, params } = told ?? {};
      const isCall =
        action === 'off' && [node, plug].every((each) => each === null || typeof each === 'string') && isTexts(params);
      if (!isCall) return null;
      const said = inputFor({ action, node, plug, params });
      note(said.ok ? 'said' : said.because);
      if (!said.ok) return null;
      const lines = said.text.split('\n').slice(0, -1);
      const read = Object.fromEntries(
        lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
      );
      return firstOf(
        lines.some((line) => line.includes('\r') || line.includes('\0')) && 'says a line end within a value',
        read['action'] !== 'off' && 'says another action',
        Object.entries(params).some(([key, value]) => key !== 'port' && key !== 'plug' && read[key] !== value) &&
          'says another value than the file',
      );
    },
  };
}

const isTexts = (value: unknown): value is { ip: string; login: string; password: string } =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((each) => typeof each === 'string');

function systemdShow(): Prepared {
  return {
    examples: [
      'LoadState=loaded\nActiveState=active\nSubState=running\nResult=success\n',
      'LoadState=not-found\nActiveState=inactive\n',
    ],
    check: (input, note) => {
      const state = parseShow(outputOf(input));
      if (state === null) return null;
      const said = [cannotLoad('a.service', state), describe('a.service', state), phaseOf(state)];
      note(said.join(' '));
      return said.every((each) => each === null || typeof each === 'string') ? null : 'says something that is no text';
    },
  };
}

function addresses(): Prepared {
  const place = {
    ifindex: 2,
    ifname: 'eth0',
    flags: ['BROADCAST', 'UP', 'LOWER_UP'],
    addr_info: [{ family: 'inet', local: '10.0.0.1', prefixlen: 24 }, { local: 'fe80::1', prefixlen: 64 }, {}],
  };
  return {
    examples: [JSON.stringify([place, {}]), '[]', 'Unicast reply from 10.0.0.1 [52:54:00:AB:cd:ef]  0.7ms'],
    check: (input, note) => {
      const text = outputOf(input);
      const mac = parseArpingReply(text);
      const places = parsePlaces(text) ?? [];
      note(`${mac === null} ${places.map((each) => each.addresses.length > 0).join(' ')}`);
      const prefixes = places.map((each) => prefixHeld(each, '10.0.0.1'));
      return firstOf(
        mac !== null && !/^[0-9a-f:]{17}$/.test(mac) && 'reads a hardware address that is none',
        prefixes.some((prefix) => prefix !== null && typeof prefix !== 'number') && 'reads a prefix that is no number',
        countLines(text) > text.length && 'counts more lines than characters',
      );
    },
  };
}

function processes(): Prepared {
  const stat = '4711 (a (b) c) S 1 4711 4711 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 123456 0 0 18446744073709551615';
  const record = { pid: 4711, startTicks: '123456', digest: 'd' };
  return {
    examples: [stat, `${stat}\n`, JSON.stringify(record)],
    check: (input, note) => {
      const read = parseProcStat(outputOf(input));
      const value = jsonOf(input);
      const records = [parseCommand(value), parseEngine(value)];
      note(`${read?.state} ${records.map((each) => each === null).join(' ')}`);
      return firstOf(
        read !== null && !Number.isInteger(read.pid) && 'reads a process id that is none',
        records.some((each) => each !== null && !(each.pid > 1)) && 'reads a process id that would signal everybody',
        !isSameJson(records[0], records[1]) && 'reads two kinds of records in two ways',
      );
    },
  };
}

export const agentTargets: readonly Target[] = [
  {
    name: 'ocf-output',
    reads: 'what OCF agents print',
    form: 'text',
    words: ['ocf-exit-reason:', '\n'],
    prepare: ocfOutput,
  },
  {
    name: 'container-output',
    reads: 'what podman and docker say of a container',
    form: 'json',
    words: ['running', 'exited', 'paused', 'status', 'exitCode', 'labels', 'sempre.node', 'sempre.service'],
    prepare: containerOutput,
  },
  {
    name: 'fence-output',
    reads: 'what fence agents print',
    form: 'text',
    words: ['ERROR: ', 'ERROR: Failed: ', '\n', '\u2028'],
    prepare: fenceOutput,
  },
  {
    name: 'fence-metadata',
    reads: 'the XML of fence agents',
    form: 'text',
    words: [
      '<parameter name="a">',
      '</parameter>',
      '<!DOCTYPE a [<!ENTITY b "c">]>',
      '&b;',
      '<![CDATA[',
      ']]>',
      '<!--',
      '&lt;',
      'xmlns:a="b"',
    ],
    inputMsMax: 250,
    prepare: fenceMetadata,
  },
  {
    name: 'fence-input',
    reads: 'parameters of fence devices, and writes them for the agent',
    form: 'json',
    words: ['ip', 'action', 'port', 'nodename'],
    prepare: fenceInput,
  },
  {
    name: 'systemd-show',
    reads: 'systemctl show',
    form: 'text',
    words: ['LoadState=', 'ActiveState=', 'masked', 'failed'],
    prepare: systemdShow,
  },
  {
    name: 'ip-address',
    reads: 'ip -j addr, arping, ss',
    form: 'json',
    words: ['10.0.0.1', 'local', 'prefixlen', '[00:00:00:00:00:00]'],
    prepare: addresses,
  },
  {
    name: 'process',
    reads: '/proc/PID/stat, and records of processes',
    form: 'text',
    words: ['(', ')', '"pid":', ' '],
    prepare: processes,
  },
];
