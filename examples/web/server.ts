/**
 * A small web server that stands in for Apache where there is none: `/` names the node, `/check.txt` says that it works.
 *
 *     node examples/web/server.ts NODE NODE=ADDRESS:PORT...
 *
 * It takes the address of its own node from the list, so that all copies of a clone have the same command.
 */
import { createServer, type RequestListener } from 'node:http';

interface Listen {
  readonly host: string;
  readonly port: number;
}

function main(argv: readonly string[]): void {
  const [node = '', ...pairs] = argv;
  const listen = findListen(node, pairs);
  if (listen === null) {
    process.stderr.write(`no ${node}=ADDRESS:PORT among the arguments\nusage: server.ts NODE NODE=ADDRESS:PORT...\n`);
    process.exitCode = 64;
    return;
  }
  const server = createServer(answerFor(node));
  server.on('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
  server.listen(listen);
  // Requests under way are answered, idle connections are closed: a planned stop loses nothing.
  process.once('SIGTERM', () => server.close());
}

/** The last «:» divides: an IPv6 address holds some, and stands in brackets. */
function findListen(node: string, pairs: readonly string[]): Listen | null {
  const mine = pairs.find((pair) => pair.startsWith(`${node}=`));
  const match = /^\[?([0-9a-fA-F.:]+?)\]?:(\d{1,5})$/.exec(mine?.slice(node.length + 1) ?? '');
  return match === null ? null : { host: match[1] ?? '', port: Number(match[2]) };
}

function answerFor(node: string): RequestListener {
  const page = `<!doctype html>\n<html><title>${node}</title><p>served by ${node}</p></html>\n`;
  const answers: ReadonlyMap<string, readonly [type: string, body: string]> = new Map([
    ['/', ['text/html; charset=utf-8', page]],
    ['/check.txt', ['text/plain; charset=utf-8', 'ok\n']],
  ]);
  return (request, response) => {
    request.resume();
    const found = answers.get((request.url ?? '/').split('?')[0] ?? '/');
    const [type, body] = found ?? ['text/plain; charset=utf-8', 'not found\n'];
    response.writeHead(found === undefined ? 404 : 200, {
      'content-type': type,
      'content-length': Buffer.byteLength(body),
      'x-served-by': node,
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
}

main(process.argv.slice(2));
