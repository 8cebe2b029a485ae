import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { digestOf } from './line.ts';

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

describe('the digest of parameters', () => {
  it('is the one that Pacemaker records for a resource without any', () => {
    expect(digestOf(new Map())).toBe('f2317cad3d54cec5d7d7aa7d0bf35cf8');
  });

  it.each([
    [
      [
        ['ip', '10.0.0.1'],
        ['cidr', '24'],
      ],
      ' <parameters cidr="24" ip="10.0.0.1"/>\n',
    ],
    [[['line', 'a<b>&"c"\n\tend']], ' <parameters line="a&lt;b&gt;&amp;&quot;c&quot;\\n    end"/>\n'],
    [[['name', 'é']], ' <parameters name="\\37777777703\\37777777651"/>\n'],
  ] as [[string, string][], string][])('is taken of one line of ASCII, names in order: %j', (values, line) => {
    expect(digestOf(new Map(values))).toBe(md5(line));
  });
});
