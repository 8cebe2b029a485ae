/** Files of other cluster software, which somebody may have sent with a question. */
import { readCib } from '../../src/config/import/cib.ts';
import { readCrm } from '../../src/config/import/crm.ts';
import { ImportFault, type ImportNote } from '../../src/config/import/fault.ts';
import { readAuthKeys, readHaCf, readHaResources } from '../../src/config/import/heartbeat.ts';
import { clusterOf } from '../../src/config/import/pacemaker/compare/index.ts';
import { readCorosync } from '../../src/config/import/pacemaker/corosync.ts';
import { fromPacemaker, noHints, type PacemakerHints } from '../../src/config/import/pacemaker/index.ts';
import type { Input } from '../../src/policy/input.ts';
import { infinity } from '../../src/policy/values.ts';
import { firstOf, type Note, type Prepared, type Target } from '../target.ts';

const nowS = 1_700_000_000;

type Read<T> = { readonly value: T } | { readonly fault: ImportFault };

/** Any other error is the fuzzer's to report. */
function attempt<T>(read: () => T): Read<T> {
  try {
    return { value: read() };
  } catch (error) {
    if (error instanceof ImportFault) return { fault: error };
    throw error;
  }
}

function wrongPlace(
  text: string,
  places: readonly { readonly line: number; readonly column: number }[],
): string | null {
  const lines = text.split(/\r\n|\n|\r/);
  const off = places.find(
    ({ line, column }) =>
      line < 1 || column < 1 || line > lines.length + 1 || column > (lines[line - 1] ?? '').length + 2,
  );
  return off === undefined ? null : `tells a place outside of the file: ${off.line}:${off.column}`;
}

const say = (note: Note, fault: ImportFault): void => note(fault.message.replace(/«[^»]*»|"[^"]*"/g, ''));

/** As text, maps included, so that two readings can be compared, and whatever is no plain data shows. */
const written = (value: unknown): string =>
  JSON.stringify(value, (_, member: unknown) => (member instanceof Map ? ['map', ...member] : member));

function scoresOf({ nodes, resources, constraints, options }: Input): readonly (number | null)[] {
  const { locations, colocations, orders } = constraints;
  const sets = [...options, ...resources.flatMap(({ meta }) => meta)];
  return [...nodes, ...locations, ...colocations, ...orders, ...sets].map(({ score }) => score);
}

const isScore = (score: number | null): boolean =>
  score === null || (Number.isInteger(score) && Math.abs(score) <= infinity);

function checkInput(text: string, note: Note, read: (onNote: (note: ImportNote) => void) => Input): string | null {
  const notes: ImportNote[] = [];
  const first = attempt(() => read((each) => notes.push(each)));
  if ('fault' in first) {
    say(note, first.fault);
    return wrongPlace(text, [first.fault]);
  }
  const input = first.value;
  for (const each of notes) note(each.text.replace(/^the option \S+/, 'the option'));
  note([...new Set(input.resources.map(({ kind }) => kind))].join());
  return firstOf(
    wrongPlace(text, notes),
    !scoresOf(input).every(isScore) && 'reads a score out of its bounds',
    written(read(() => undefined)) !== written(input) && 'reads the same text in another way',
  );
}

const cibs: readonly string[] = [
  `<?xml version="1.0"?><!-- c --><cib validate-with="pacemaker-3.0" have-quorum="1" dc-uuid="1"><configuration><crm_config>
  <cluster_property_set id="o" score="3"><rule id="r" boolean-op="or"><expression id="e" attribute="#uname" operation="eq" value="a&amp;b"/>
  <date_expression id="d" operation="in_range" start="2026-01-01"><duration hours="3"/></date_expression><rule id-ref="r2"/></rule>
  <nvpair id="p" name="n" value="v"/><nvpair id-ref="q" name="m"/></cluster_property_set></crm_config>
  <nodes><node id="1" uname="n1" score="-INFINITY"><utilization id="u"><nvpair id="q" name="cpu" value="4"/></utilization></node></nodes>
  <resources><template id="t" class="ocf" provider="p" type="T"><operations><op id="o1" name="monitor" interval="9" role="Master"/></operations></template>
  <master id="m"><meta_attributes id="a"><nvpair id="b" name="master-max" value="1"/></meta_attributes><group id="g"><primitive id="x" template="t"/>
  <primitive id="y" class="lsb" type="z"/></group></master><bundle id="b1"><docker image="i"/><network><port-mapping id="pm" port="1"/></network></bundle></resources>
  <constraints><rsc_location id="l" rsc="m"><rule id="r2" score-attribute="w"><expression id="e2" attribute="a" operation="defined"/></rule></rsc_location>
  <rsc_colocation id="c" rsc="x" with-rsc="y" score="5"/><rsc_order id="o2"><resource_set id="s"><resource_ref id="x"/></resource_set></rsc_order>
  <rsc_ticket id="k" ticket="T" rsc="x"/></constraints><fencing-topology><fencing-level id="f" target="n1" index="1" devices="a,b"/></fencing-topology>
  <tags><tag id="tg"><obj_ref id="x"/></tag></tags></configuration><status><node_state id="1" uname="n1"><transient_attributes id="1"><instance_attributes id="ia"/>
  </transient_attributes><lrm id="1"><lrm_resources><lrm_resource id="x" class="ocf" type="T"><lrm_rsc_op id="h" operation="start" rc-code="0" call-id="3"/></lrm_resource>
  </lrm_resources></lrm></node_state><tickets><ticket_state id="T" granted="true"/></tickets></status></cib>`,
  `<cib validate-with="pacemaker-2.3"><configuration><crm_config><cluster_property_set id="o"><nvpair id="p" name="default-resource-stickiness" value="7"/>
  <nvpair id="p2" name="no_quorum_policy" value="stop"/></cluster_property_set></crm_config><nodes/><resources><primitive id="x" class="ocf" type="T"><operations>
  <op id="s" name="start" interval="0" requires="quorum"><meta_attributes id="m"><nvpair id="r" name="requires" value="nothing"/></meta_attributes></op></operations>
  </primitive></resources><constraints/></configuration><status/></cib>`,
  `<cib have_quorum="1" cib_feature_revision="2"><configuration><crm_config/><nodes/><resources><master_slave id="m" ordered="1"><primitive id="a" class="lsb" type="t">
  <instance_attributes id="i"><attributes><nvpair id="x" name="target_role" value="started"/></attributes></instance_attributes></primitive></master_slave></resources>
  <constraints><rsc_order id="o" from="a" to="m" type="before" action="start"/><rsc_location id="l" rsc="a"><rule id="r" boolean_op="and"/></rsc_location></constraints>
  </configuration><status/></cib>`,
];

function cibFiles(): Prepared {
  return {
    examples: cibs,
    check: (input, note) => {
      const text = input.toString('utf8');
      const asBytes = attempt(() => readCib(input, { nowS }));
      const asText = attempt(() => readCib(text, { nowS }));
      const isUtf8 = Buffer.from(text).equals(input);
      return firstOf(
        checkInput(text, note, (onNote) => readCib(text, { nowS, onNote })),
        isUtf8 && 'value' in asBytes !== 'value' in asText && 'takes bytes otherwise than text',
        'value' in asBytes &&
          'value' in asText &&
          written(asBytes) !== written(asText) &&
          'reads bytes otherwise than text',
        'value' in asBytes && !isUtf8 && 'takes bytes that are no text',
        'fault' in asBytes && wrongPlace(text, [asBytes.fault]),
      );
    },
  };
}

const crms: readonly string[] = [
  `node 1: n1 \\\n  attributes standby=on utilization cpu=4\nnode $id="b" n2:remote description="far"\nrsc_template t ocf:heartbeat:x op start timeout=9
primitive a @t params 3: rule #uname eq n1 and not_defined b x='y"z' \\\n  meta $id=m target-role=Master op monitor interval=10s role=Slave depth=0 op_meta x=1
primitive b lsb:c params $id-ref=a operations $id=o op start interval=0\ngroup g a b meta priority=1\nms m g meta master-max=1\nmonitor a:Master 10s:20s
location l m role=Master inf: n1\nlocation l2 { a ( b ) } rule $id=r pingd: defined pingd or date spec hours=9-16
colocation c -inf: a:Master b node-attribute=rack\norder o Serialize: [a b] g:promote symmetrical=false\nrsc_ticket k T: a loss-policy=fence
property cib-bootstrap-options: no_quorum_policy=stop\nrsc_defaults resource-stickiness=1\nop_defaults $id=x rule date in start=2026 hours=3 timeout=9
fencing_topology n1: a,b c attr:x=y d\ntag q: a b\nuser me role:x\nxml <rsc_order id="o2" first="a" then="b"/>\n# end`,
  'primitive a Dummy\nbundle b podman image=i network control-port=9 port-mapping id=p port=80 storage storage-mapping id=s meta x=1 primitive a\n',
];

function crmTexts(): Prepared {
  return {
    examples: crms,
    check: (input, note) => {
      const text = input.toString('utf8');
      return checkInput(text, note, (onNote) => readCrm(text, { nowS, onNote }));
    },
  };
}

function heartbeatFiles(): Prepared {
  return {
    examples: [
      'keepalive 500ms\ndeadtime 10\nudpport 694\nbcast eth0\nmcast bond0 225.0.0.1 694 1 0\nucast eth0 10.0.0.2\nserial /dev/ttyS0\nauto_failback on\nnode a b',
      'udp eth0\nnice_failback on\nping 10.0.0.1\nping_group g 10.0.0.1 10.0.0.2\nstonith_host * apc x\nrespawn u /p a\nwatchdog /dev/watchdog\ncrm yes',
      'n1 10.0.0.1 httpd \\\n drbddisk::r0 Filesystem::/dev/a::/b::ext3\nn2 IPaddr2::10.0.0.2/24/eth0/10.0.0.255 # c',
      'auth 3\n3 md5 12345\n1 crc\n2 sha1 x',
    ],
    check: (input, note) => {
      const text = input.toString('utf8');
      for (const read of [readHaCf, readHaResources, readAuthKeys]) {
        const result = attempt(() => read(text));
        if ('fault' in result) say(note, result.fault);
        else for (const each of result.value.notes) note(each.text);
        const broken = wrongPlace(text, 'fault' in result ? [result.fault] : result.value.notes);
        if (broken !== null) return `${read.name}: ${broken}`;
      }
      return null;
    },
  };
}

const hints: PacemakerHints = { ...noHints, nowS };

/** What is written must be YAML, in the form of a cluster file, and the same each time. */
function clusterFiles(): Prepared {
  return {
    examples: [...crms, ...cibs],
    check: (input, note) => {
      const text = input.toString('utf8');
      const made = fromPacemaker({ name: 'cib', text }, hints);
      if (!made.ok) {
        note(made.failure.message.replace(/«[^»]*»|"[^"]*"|\d+/g, ''));
        return null;
      }
      const again = fromPacemaker({ name: 'cib', text }, hints);
      const cluster = clusterOf(made.value);
      const problems = 'services' in cluster ? [] : cluster;
      for (const each of [...made.value.notes, ...problems.map(({ message }) => ({ text: message }))])
        note(each.text.slice(0, 300).replace(/«[^»]*»|\d+/g, ''));
      const odd = problems.find(({ code }) => /^(YAML|UNKNOWN_KEY|BAD_TYPE|BAD_NAME|BAD_DURATION|BAD_RULE)/.test(code));
      return firstOf(
        again.ok && again.value.text !== made.value.text && 'writes another file for the same text',
        odd !== undefined && `writes a file with a mistake of its own: ${odd.code} ${odd.message}`,
        wrongPlace(
          text,
          made.value.notes.flatMap(({ line, column }) => (line === null ? [] : [{ line, column: column ?? 1 }])),
        ),
      );
    },
  };
}

function corosyncFiles(): Prepared {
  return {
    examples: [
      'totem {\n  version: 2\n  cluster_name: c\n  token: 3000\n  interface {\n    member {\n      memberaddr: 10.0.0.1\n    }\n  }\n}\n# c\n',
      'nodelist {\n  node {\n    ring0_addr: 10.0.0.1\n    ring1_addr: n\n    name: n1\n    nodeid: 1\n  }\n}\nquorum {\n  two_node: 1\n  device {\n    net {\n      host: q\n    }\n  }\n}\n',
    ],
    check: (input, note) => {
      const text = input.toString('utf8');
      const read = attempt(() => readCorosync(text));
      if ('fault' in read) {
        say(note, read.fault);
        return wrongPlace(text, [read.fault]);
      }
      note(`${read.value.nodes.length} ${read.value.tokenMs === null}`);
      return null;
    },
  };
}

export const importTargets: readonly Target[] = [
  {
    name: 'cib',
    reads: 'CIBs of Pacemaker',
    form: 'text',
    words: [
      ...[
        '<',
        '/>',
        '"',
        '&amp;',
        '&#x41;',
        '<!--',
        '-->',
        '<![CDATA[',
        ']]>',
        '<!DOCTYPE a [<!ENTITY x "y">]>',
        '&x;',
      ],
      ...[
        'id',
        'id-ref',
        'rule',
        'primitive',
        'group',
        'clone',
        'master',
        'template',
        'score',
        'INFINITY',
        'pacemaker-1.0',
      ],
    ],
    inputMsMax: 250,
    prepare: cibFiles,
  },
  {
    name: 'crm',
    reads: 'configurations of the crm shell',
    form: 'text',
    words: [
      '\\\n',
      '"',
      "'",
      '$id=',
      '$id-ref=',
      'inf:',
      'rule',
      'date',
      'meta',
      'params',
      'op',
      '(',
      ')',
      '[',
      ']',
      '{',
      '}',
      '@',
    ],
    inputMsMax: 250,
    prepare: crmTexts,
  },
  {
    name: 'pacemaker',
    reads: 'configurations of Pacemaker, and writes cluster files of them',
    form: 'text',
    words: [
      '\\\n',
      'inf:',
      'rule',
      'meta',
      'params',
      'clone',
      'group',
      'globally-unique=true',
      'primitive',
      'node',
      '"',
      '$id=',
    ],
    inputMsMax: 1000,
    prepare: clusterFiles,
  },
  {
    name: 'corosync',
    reads: 'corosync.conf',
    form: 'text',
    words: ['{', '}', ':', '#', 'node', 'nodelist', 'ring0_addr', 'member'],
    prepare: corosyncFiles,
  },
  {
    name: 'heartbeat',
    reads: 'ha.cf, haresources and authkeys of Heartbeat',
    form: 'text',
    words: ['\\\n', '#', '::', 'auth', 'node', 'keepalive', 'ping_group', '10.0.0.1/24'],
    inputMsMax: 250,
    prepare: heartbeatFiles,
  },
];
