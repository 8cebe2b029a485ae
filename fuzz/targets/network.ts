/** Frames and packets of a network that anybody may send to. */
import { type AddressFrames, framesFor } from '../../src/drivers/address/frames.ts';
import { echoRequest, isAnswer } from '../../src/drivers/ping/echo.ts';
import type { Prepared, Target } from '../target.ts';

const mac = '52:54:00:00:00:01';
const macPattern = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/;

function sightings(): Prepared {
  const all: AddressFrames[] = [framesFor('10.0.0.1', 4), framesFor('2001:db8::1', 6)];
  const frames = all.flatMap((each) => [
    each.probe(mac),
    ...each.announcements(mac, false),
    ...each.announcements(mac, true),
  ]);
  return {
    examples: frames.map((frame) => Buffer.from(frame)),
    check: (input, note) => {
      for (const each of all) {
        const seen = each.sighting(input);
        note(`${each.etherType} ${seen?.kind} ${seen?.handover}`);
        if (seen !== null && !macPattern.test(seen.mac)) return `sees a station without an address: ${seen.mac}`;
      }
      return null;
    },
  };
}

function echoes(): Prepared {
  const token = Buffer.from('0123456789abcdef');
  const answers = ([4, 6] as const).map((family) => {
    const answer = Buffer.from(echoRequest(family, 1, token));
    answer[0] = family === 4 ? 0 : 129;
    return answer;
  });
  return {
    examples: [...answers, Buffer.concat([Buffer.from([0x45]), Buffer.alloc(19), answers[0] ?? token])],
    check: (input, note) => {
      const isTaken = isAnswer(4, input, token) || isAnswer(6, input, token);
      note(`${isTaken} ${input.length > 40}`);
      return isTaken && !input.includes(token) ? 'takes a packet without the token' : null;
    },
  };
}

export const networkTargets: readonly Target[] = [
  { name: 'frame', reads: 'ARP and neighbour discovery', form: 'bytes', prepare: sightings },
  { name: 'echo', reads: 'ICMP answers', form: 'bytes', prepare: echoes },
];
