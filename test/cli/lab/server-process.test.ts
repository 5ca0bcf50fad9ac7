/** That a child of the lab is started, heard, killed, started again, asked to leave, and made to if it will not. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ServerNews, ServerProcess } from '../../../src/cli/lab/server-process.ts';
import { eventually } from '../../support/eventually.ts';

/** A child that says `up` and stays, with more to do at its beginning. */
function child(beginning = ''): { server: ServerProcess; news: ServerNews[] } {
  const news: ServerNews[] = [];
  const script = `${beginning}; setInterval(() => undefined, 1000); console.log('up')`;
  const server = new ServerProcess('secondary', ['-e', script], (one) => news.push(one));
  onTestFinished(() => server.kill());
  return { server, news };
}

function isUp(news: readonly ServerNews[], times: number): Promise<number> {
  const count = () => news.filter((one) => one.kind === 'line' && one.text === 'up').length;
  return eventually(`up ${times} times`, count, (found) => found === times);
}

describe('a server process', () => {
  it('dies of a kill and can be started again', async () => {
    const { server, news } = child();
    server.start();
    await isUp(news, 1);
    await server.kill();
    expect(server.running).toBe(false);
    expect(news.at(-1)).toEqual({ kind: 'ended', how: 'SIGKILL', asked: true });
    server.start();
    await isUp(news, 2);
    expect(server.running).toBe(true);
  });

  it('leaves when asked', async () => {
    const { server, news } = child("process.on('SIGTERM', () => process.exit(0))");
    server.start();
    await isUp(news, 1);
    await server.stop();
    expect(news.at(-1)).toEqual({ kind: 'ended', how: 'exit code 0', asked: true });
  });

  it('is taken down when it does not leave', async () => {
    const { server, news } = child("process.on('SIGTERM', () => undefined)");
    server.start();
    await isUp(news, 1);
    await server.stop();
    expect(news.at(-1)).toMatchObject({ how: 'SIGKILL' });
  });

  it('that ends by itself is told as not asked for', async () => {
    const { server, news } = child('setTimeout(() => process.exit(3), 50)');
    server.start();
    await eventually(
      'ended',
      () => news.at(-1),
      (last) => last?.kind === 'ended',
    );
    expect(news.at(-1)).toEqual({ kind: 'ended', how: 'exit code 3', asked: false });
  });

  it('is started once only', async () => {
    const { server, news } = child();
    server.start();
    server.start();
    await isUp(news, 1);
    expect(news.filter((one) => one.kind === 'started')).toHaveLength(1);
  });
});
