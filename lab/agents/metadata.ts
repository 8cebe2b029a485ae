/** What the two agents say of themselves. */

interface Parameter {
  readonly name: string;
  readonly type: 'string' | 'second';
  readonly about: string;
  readonly required?: boolean;
  readonly obsoletes?: string;
}

const both: readonly Parameter[] = [
  { name: 'action', type: 'string', about: 'Fencing action' },
  { name: 'plug', type: 'string', about: 'Host; without it, nodename', obsoletes: 'port' },
  { name: 'port', type: 'string', about: 'As plug' },
  { name: 'nodename', type: 'string', about: 'Node that the call is about' },
  { name: 'delay', type: 'second', about: 'Wait this long before anything is done' },
  { name: 'fail', type: 'string', about: 'Actions that fail and do nothing, with commas between; or all' },
  {
    name: 'lie',
    type: 'string',
    about: 'Actions that say yes and do nothing (status: off), with commas between; or all',
  },
];

const own: Readonly<Record<string, readonly Parameter[]>> = {
  fence_sempre_lab: [
    { name: 'socket', type: 'string', about: "Of the lab's keeper, where it is not beside this agent" },
  ],
  fence_sempre_dummy: [{ name: 'status_file', type: 'string', about: 'Where the power is kept', required: true }],
};

const actions = ['on', 'off', 'reboot', 'status', 'list', 'list-status', 'monitor', 'metadata', 'validate-all'];

export function metadata(name: string): string {
  return `<?xml version="1.0" ?>
<resource-agent name="${name}" shortdesc="Fence agent of Sempre's labs">
<longdesc>For labs and tests. It switches no real machine.</longdesc>
<parameters>
${[...both, ...(own[name] ?? [])].map(parameter).join('\n')}
</parameters>
<actions>
${actions.map((action) => `  <action name="${action}"/>`).join('\n')}
</actions>
</resource-agent>
`;
}

const parameter = ({ name, type, about, required, obsoletes }: Parameter): string =>
  `  <parameter name="${name}" unique="0" required="${required === true ? 1 : 0}"${
    obsoletes === undefined ? '' : ` obsoletes="${obsoletes}"`
  }><content type="${type}"/><shortdesc lang="en">${about}</shortdesc></parameter>`;
