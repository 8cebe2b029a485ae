/** `sempre maintenance on|off --node N | --service S`: nothing is done to it, and nobody looks at it. */
import { type ChangeOptions, change } from './change.ts';
import { type Context, fail } from './context.ts';

export interface MaintainOptions extends ChangeOptions {
  readonly node: string | null;
  readonly service: string | null;
}

export async function maintenance(context: Context, on: boolean, options: MaintainOptions): Promise<number> {
  const { node, service } = options;
  const next = 'sempre maintenance on --service NAME --reason TEXT';
  if ((node === null) === (service === null))
    return fail(context, { code: 'USAGE', message: 'either --node or --service is needed, and not both', next });
  const name = service ?? node ?? '';
  const what = node === null ? name : `services on ${name}`;
  return change(
    context,
    {
      command: { kind: 'maintain', node, service, on, because: options.reason },
      foresee: null,
      title: on ? `${name} is in maintenance` : `${name} is out of maintenance`,
      meaning: on
        ? [
            `Nothing is done to ${what}: not started, not stopped, not moved, not looked at. It is shown on every status.`,
          ]
        : [`What ${what} do is looked at, and put right where it differs from the file.`],
      needsYes: () => false,
      missed: (status) => {
        const isOn = status.maintenance.some((each) => each.node === node && each.service === service);
        return isOn === on ? null : `it is ${isOn ? 'still in' : 'not in'} maintenance; see: sempre status`;
      },
    },
    options,
  );
}
