import { describe, expect, test } from 'vitest';
import type { FenceDevice } from '../core/model.ts';
import type { AgentDescription, AgentParameter } from '../drivers/fence/metadata.ts';
import { mistakesIn } from './fence-check.ts';

const parameter = (name: string, more: Partial<AgentParameter> = {}): AgentParameter => ({
  name,
  required: false,
  type: 'string',
  default: null,
  options: [],
  about: '',
  deprecated: false,
  replaces: null,
  ...more,
});

const agent: AgentDescription = {
  name: 'fence_x',
  about: '',
  parameters: [
    parameter('action', { required: true }),
    parameter('ip', { required: true, replaces: 'ipaddr', about: 'Where it is' }),
    parameter('ipaddr', { required: true, deprecated: true }),
    parameter('plug', { required: true, replaces: 'port' }),
    parameter('port', { required: true, deprecated: true }),
    parameter('ipport', { type: 'integer', required: true, default: '22' }),
    parameter('auth', { type: 'select', options: ['md5', 'none'] }),
  ],
  actions: ['off', 'status'].map((name) => ({ name, automatic: false, onTarget: false })),
};

const device = (more: Partial<FenceDevice>): FenceDevice => ({
  id: 'd',
  agent: 'fence_x',
  params: {},
  plugs: {},
  delayMs: 0,
  timeoutMs: 1000,
  verify: true,
  unfence: false,
  ...more,
});

const plugs = { n1: ['1'], n2: ['2'] };
const check = (more: Partial<FenceDevice>): string[] => mistakesIn(agent, device(more), ['n1', 'n2']);

describe('the parameters of a device', () => {
  test('are well under new and old names', () => {
    for (const ip of ['ip', 'ipaddr']) expect(check({ params: { [ip]: '10.0.0.1' }, plugs })).toEqual([]);
    expect(check({ params: { ip: 'x', port: '7' } })).toEqual([]);
  });

  test('are missing', () =>
    expect(check({})).toEqual([
      'it needs the parameter ip (Where it is)',
      'it must be told what the device calls each node: plugs: {NODE: PLUG}',
    ]));

  test('must name a plug for every node', () =>
    expect(check({ params: { ip: 'x' }, plugs: { n1: ['1'] } }).length).toBe(1));

  test('are unknown', () =>
    expect(check({ params: { ip: 'x', ipprt: '1' }, plugs })).toEqual([
      'it has no parameter ipprt: did you mean «ipport»?',
    ]));

  test.each([
    ['ipport', 'ssh', 'the parameter ipport must be a number'],
    ['auth', 'md4', 'the parameter auth must be one of md5, none'],
  ])('do not fit: %s=%s', (name, value, mistake) =>
    expect(check({ params: { ip: 'x', [name]: value }, plugs })).toEqual([mistake]),
  );

  test('that lie in files are not looked into', () =>
    expect(check({ params: { ip: 'x', ipport: 'file:/etc/port' }, plugs })).toEqual([]));
});

test('an agent without the action on cannot let a node in again', () =>
  expect(check({ params: { ip: 'x' }, plugs, unfence: true })).toEqual(['it does not offer the action on']));
