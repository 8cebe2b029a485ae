/** What people write: cluster files, times, addresses, and the small words of commands. */
import { readdirSync, readFileSync } from 'node:fs';
import { parseCursor, showCursor } from '../../src/api/events.ts';
import { parseVersion } from '../../src/api/history.ts';
import { withoutNode } from '../../src/cli/forget.ts';
import { parseSince } from '../../src/cli/render-event.ts';
import { durationHint, formatDuration, parseDuration } from '../../src/config/duration.ts';
import { parseAddress } from '../../src/config/network.ts';
import { type ParsedClusterFile, parseClusterFile, renderProblems } from '../../src/config/parse.ts';
import type { Cluster } from '../../src/core/model.ts';
import { firstDoc } from '../../src/core/ports.ts';
import { decodeMessage, encodeMessage } from '../../src/transports/wire.ts';
import { firstOf, isSameJson, type Prepared, type Target } from '../target.ts';

const root = new URL('../../examples/', import.meta.url);
/** One note on how many more there are stands behind them. */
const problemsMax = 101;

function clusterFiles(): Prepared {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.yaml'));
  return {
    examples: files.sort().map((file) => readFileSync(new URL(file, root))),
    check: (input, note) => {
      const text = input.toString('utf8');
      const parsed = parseClusterFile(text, 'f');
      for (const { code, message } of parsed.problems) note(`${code} ${message.replace(/«[^»]*»/g, '')}`);
      const hasError = parsed.problems.some(({ severity }) => severity === 'error');
      return firstOf(
        parsed.problems.length > problemsMax && `tells ${parsed.problems.length} problems`,
        (parsed.cluster === null) !== hasError && 'has a cluster and an error, or neither',
        wrongPlace(parsed, text),
        renderProblems(parsed.problems, text).includes('\x1b[2J') && 'prints control characters of the file',
        parsed.cluster === null ? null : wrongCluster(parsed.cluster, text),
      );
    },
  };
}

function wrongPlace({ problems }: ParsedClusterFile, text: string): string | null {
  const lines = text.split('\n');
  const off = problems.find(({ line, column }) => line > lines.length || column > (lines[line - 1] ?? '').length + 2);
  return off === undefined ? null : `tells a place outside of the file: ${off.line}:${off.column}`;
}

function wrongCluster(cluster: Cluster, text: string): string | null {
  const doc = { kind: 'doc', from: 'n1', boot: 1, doc: firstDoc(text, cluster) } as const;
  const fault = { at: '' };
  const sent = decodeMessage(encodeMessage(doc), fault);
  const again = parseClusterFile(text, 'f').cluster;
  const node = cluster.nodes[0]?.id ?? '';
  const rest = withoutNode(text, node);
  return firstOf(
    sent === null && `makes a cluster that no other node would take (${fault.at})`,
    sent !== null && !isSameJson(sent, doc) && 'makes a cluster that another node would read otherwise',
    !isSameJson(again, cluster) && 'makes another cluster of the same text',
    rest === null && 'forget: does not find a node of the file',
    rest !== null &&
      parseClusterFile(rest, 'f').cluster?.nodes.some(({ id }) => id === node) === true &&
      'forget: leaves it',
  );
}

const now = new Date(Date.UTC(2026, 10, 20));

function words(): Prepared {
  return {
    examples: [
      ...['200ms', '10s', '5m', '2h', '1d', '0.5s', '500 ms', '2026-11-20T21:00:00Z', '10m', '4.2', 'n1:4,n2:17'],
      ...['192.168.200.121/24', '2001:db8::10/64', '::ffff:10.0.0.1', 'fe80::1%eth0', '10.0.0.1/255.255.255.0'],
    ],
    check: (input, note) => {
      const text = input.toString('utf8');
      const [durationMs, address] = [parseDuration(text), parseAddress(text)];
      const [cursor, version, since, hint] = [
        parseCursor(text),
        parseVersion(text),
        parseSince(text, now),
        durationHint(text),
      ];
      note(
        address.ok
          ? `${address.value.family} ${address.value.prefix === null}`
          : `${address.because} ${address.hint === null}`,
      );
      note([durationMs, cursor, version, since, hint].map((each) => String(each === null)).join(' '));
      const hinted = hint === null ? 1 : parseDuration(hint.replace(/^write /, ''));
      return firstOf(
        durationMs !== null &&
          parseDuration(formatDuration(durationMs)) !== durationMs &&
          'duration: written otherwise',
        durationMs !== null && !Number.isSafeInteger(durationMs) && 'duration: no whole number',
        hinted === null && `duration: the hint «${hint}» is none`,
        address.ok && !isSameAgain(address.value.address) && 'address: its own spelling is another address',
        cursor !== null &&
          !isSameJson([...(parseCursor(showCursor(cursor)) ?? [])], [...cursor]) &&
          'cursor: not the same',
        version !== null && !(Number.isSafeInteger(version.view) && version.view >= 0) && 'version: no whole number',
        since !== null && Number.isNaN(Date.parse(since)) && 'since: no time',
      );
    },
  };
}

function isSameAgain(address: string): boolean {
  const again = parseAddress(address);
  return again.ok && again.value.address === address;
}

export const configTargets: readonly Target[] = [
  {
    name: 'cluster-file',
    reads: 'cluster files, and what forget makes of them',
    form: 'yaml',
    words: [
      'cluster',
      'nodes',
      'services',
      'quorum',
      'fencing',
      'needs',
      '*a',
      '&a',
      '<<: *a',
      '!!str',
      '? ',
      '- ',
      '|',
      '>',
    ],
    // In proportion to the length, 64 KiB of nothing but commas are some 300 ms: one mistake each for the reader of YAML.
    inputMsMax: 1000,
    prepare: clusterFiles,
  },
  {
    name: 'words',
    reads: 'times, addresses, versions, cursors on command lines and in requests',
    form: 'text',
    prepare: words,
  },
];
