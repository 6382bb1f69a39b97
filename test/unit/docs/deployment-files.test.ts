import { readFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import { expect } from 'chai';
import { parse, parseAllDocuments } from 'yaml';
import { parseConfig } from '../../../src/config/parse.ts';
import { packageFilesInCode } from '../../helpers/docs/package-files.ts';
import type { Config } from '../../../src/core/settings.ts';
import { loadConfig } from '../../../src/config/load.ts';

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
}

interface Container {
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly replicas?: number;
    readonly ports?: readonly { readonly port: number; readonly targetPort: string }[];
    readonly selector?: Readonly<Record<string, string>> | { readonly matchLabels: Readonly<Record<string, string>> };
    readonly template?: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: {
        readonly terminationGracePeriodSeconds: number;
        readonly containers: readonly Container[];
        readonly volumes: readonly { readonly name: string; readonly configMap?: { readonly name: string } }[];
      };
    };
  };
}

interface Compose {
  readonly services: {
    readonly panelsync: {
      readonly environment: Readonly<Record<string, string>>;
      readonly ports: readonly string[];
      readonly stop_grace_period: string;
      readonly build: { readonly context: string; readonly dockerfile: string };
      readonly volumes: readonly string[];
    };
  };
}

const secrets = {
  USER_INTERVIEWS_API_KEY: 'key',
  WAREHOUSE_URL: 'postgres://reader@warehouse/shop',
  DATABASE_URL: 'postgres://panelsync@postgres/panelsync',
  PANELSYNC_TOKEN: 'token',
};

/** Seconds for the process to end after `shutdownTimeoutMs`. */
const margin = 10;

const health = ['/healthz', '/readyz'];

async function text(file: string): Promise<string> {
  return readFile(file, 'utf8');
}

describe('deployment files', () => {
  let example: Config;
  let stopSeconds: number;
  before(async () => {
    example = await loadConfig({ cwd: '.', file: 'config/panelsync.yaml', env: secrets });
    stopSeconds = example.daemon.shutdownTimeoutMs / 1000 + margin;
  });

  describe('the systemd unit', () => {
    async function settings(): Promise<ReadonlyMap<string, string>> {
      const lines = (await text('docs/systemd/panelsync.service')).split('\n');
      const pairs = lines.filter((line) => /^[A-Za-z]+=/.test(line)).map((line) => line.split(/=(.*)/s));
      return new Map(pairs.map(([name = '', value = '']) => [name, value]));
    }

    it('starts the built command line with the daemon', async () => {
      const unit = await settings();
      const { bin, files }: { bin: { panelsync: string }; files: string[] } = JSON.parse(await text('package.json'));
      expect(unit.get('ExecStart')).to.contain(`/node_modules/panelsync/${bin.panelsync} start --config `);
      expect(files.some((file) => bin.panelsync.startsWith(file))).to.equal(true);
      expect([unit.get('Type'), unit.get('ExecReload')]).to.deep.equal(['exec', '/bin/kill -HUP $MAINPID']);
    });

    it('waits for batches in flight, and does not restart with an invalid configuration', async () => {
      const unit = await settings();
      expect(Number(unit.get('TimeoutStopSec'))).to.be.at.least(stopSeconds);
      expect([unit.get('Restart'), unit.get('RestartPreventExitStatus')]).to.deep.equal(['on-failure', '2']);
    });
  });

  describe('the image', () => {
    it('copies only existing files, and its .dockerignore admits all of them', async () => {
      const copied = [...(await text('docs/docker/Dockerfile')).matchAll(/^COPY (?!--from)(.+) \S+$/gm)];
      const names = new Set(copied.flatMap(([, list = '']) => list.split(' ')));
      const allowed = new Set(
        [...(await text('docs/docker/Dockerfile.dockerignore')).matchAll(/^!(.+)$/gm)].map(([, name]) => name),
      );
      expect(names).to.deep.equal(allowed);
      for (const name of names)
        await readFile(name).catch((error: unknown) => expect(error).to.have.property('code', 'EISDIR'));
    });

    it('has every file of the package that the code asks for by name', async () => {
      const [, final = ''] =
        (await text('docs/docker/Dockerfile')).split(/^ENTRYPOINT/m)[0]?.split(/^FROM \S+$/m) ?? [];
      const copied = [...final.matchAll(/^COPY (?:--from=\w+ )?.* \.\/(\S*)$/gm)].map(([, target = '']) => target);
      expect(copied).to.include('dist/src');
      const named = packageFilesInCode();
      expect(named).to.include.members(['docs/openapi.json', 'migrations']);
      const isCopied = (path: string): boolean =>
        copied.some((target) => path === target || path.startsWith(`${target}/`));
      expect(named.filter((path) => !['./', 'package.json'].includes(path) && !isCopied(path))).to.deep.equal([]);
    });

    it('checks health at the port of the example, as an unprivileged user', async () => {
      const file = await text('docs/docker/Dockerfile');
      expect(file).to.contain(`fetch('http://127.0.0.1:${example.server.port}/healthz')`);
      expect(file).to.contain(`EXPOSE ${example.server.port}\n`).and.to.contain('USER 1000:1000\n');
    });

    it('gets every variable and a Postgres from compose', async () => {
      const { services }: Compose = parse(await text('docs/docker/compose.yaml'));
      const { panelsync } = services;
      const listed = Object.keys(parseEnv(await text('.env.example')));
      // The image sets where it listens.
      const given = [...Object.keys(panelsync.environment), 'PANELSYNC_HOST'];
      expect(new Set(given)).to.deep.equal(new Set(listed));
      expect(panelsync.ports).to.deep.equal([`127.0.0.1:${example.server.port}:${example.server.port}`]);
      expect(Number.parseInt(panelsync.stop_grace_period, 10)).to.be.at.least(stopSeconds);
      expect(panelsync.build).to.deep.equal({ context: '../..', dockerfile: 'docs/docker/Dockerfile' });
      expect(panelsync.volumes).to.deep.equal(['../../config:/etc/panelsync:ro']);
    });

    it('listens on all addresses with the example configuration', async () => {
      const env = { ...secrets, PANELSYNC_HOST: '0.0.0.0' };
      const config = await loadConfig({ cwd: '.', file: 'config/panelsync.yaml', env });
      expect(config.server.host).to.equal('0.0.0.0');
    });
  });

  describe('the Kubernetes manifest', () => {
    async function manifests(): Promise<ReadonlyMap<string, Manifest>> {
      const documents = parseAllDocuments(await text('docs/kubernetes/panelsync.yaml'));
      const parsed = documents.map((document) => {
        expect(document.errors).to.deep.equal([]);
        const manifest: Manifest = document.toJS();
        return manifest;
      });
      return new Map(parsed.map((manifest) => [manifest.kind, manifest]));
    }

    it('contains a configuration that is valid with the variables of its secret', async () => {
      const all = await manifests();
      const { data = {} } = all.get('ConfigMap') ?? {};
      const file = '/etc/panelsync/panelsync.yaml';
      const read = async (path: string): Promise<{ text: string } | { problem: string; missing: boolean }> => {
        const found = data[path.replace('/etc/panelsync/', '')];
        return found === undefined ? { problem: 'does not exist', missing: true } : { text: found };
      };
      const { config, issues } = await parseConfig({
        text: data['panelsync.yaml'] ?? '',
        file,
        layers: [{ values: secrets }],
        readFile: read,
      });
      expect(issues).to.equal(null);
      expect(config?.server).to.deep.include({ host: '0.0.0.0', port: 8787 });
      const guide = await text('docs/running.md');
      for (const [, name] of (data['panelsync.yaml'] ?? '').matchAll(/\$\{([A-Z_]+)/g)) {
        expect(guide).to.contain(`--from-literal=${name}=`);
      }
    });

    it('probes existing endpoints, and gives a pod time to stop', async () => {
      const all = await manifests();
      const pod = all.get('Deployment')?.spec?.template?.spec;
      const [container] = pod?.containers ?? [];
      const probes = [container?.startupProbe, container?.livenessProbe, container?.readinessProbe];
      for (const probe of probes) expect(health).to.include(probe?.httpGet.path);
      expect(container?.readinessProbe.httpGet.path).to.equal('/readyz');
      expect(container?.livenessProbe.httpGet.path, 'an unavailable database is no reason to restart').to.equal(
        '/healthz',
      );
      expect(container?.ports).to.deep.equal([{ name: 'http', containerPort: 8787 }]);
      expect(probes.map((probe) => probe?.httpGet.port)).to.deep.equal(['http', 'http', 'http']);
      expect(pod?.terminationGracePeriodSeconds).to.be.at.least(stopSeconds);
      expect(container?.args).to.deep.equal(['start']);
      expect(container?.env).to.deep.equal([{ name: 'PANELSYNC_CONFIG', value: '/etc/panelsync/panelsync.yaml' }]);
      expect(container?.volumeMounts.map(({ name }) => name)).to.deep.equal(pod?.volumes.map(({ name }) => name));
    });

    it('connects its service with its pods', async () => {
      const all = await manifests();
      const labels = all.get('Deployment')?.spec?.template?.metadata.labels;
      expect(all.get('Service')?.spec?.selector).to.deep.equal(labels);
      expect(all.get('Deployment')?.spec?.selector).to.deep.equal({ matchLabels: labels });
      expect(all.get('PodDisruptionBudget')?.spec?.selector).to.deep.equal({ matchLabels: labels });
      expect(all.get('Service')?.spec?.ports).to.deep.equal([{ name: 'http', port: 8787, targetPort: 'http' }]);
      for (const { metadata } of all.values()) expect(metadata.name).to.equal('panelsync');
    });
  });
});
