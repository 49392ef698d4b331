import { readdirSync, readFileSync } from 'node:fs'
import { PodMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PodMonitor'
import { Deployment } from 'kubernetes-models/apps/v1/Deployment'
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler'
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget'
import { Namespace } from 'kubernetes-models/v1/Namespace'
import { Secret } from 'kubernetes-models/v1/Secret'
import { Service } from 'kubernetes-models/v1/Service'
import { expect, it } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { METRICS } from '../../src/gateway/metrics/metrics.ts'
import { readTarget } from '../../src/storage/postgres/connection.ts'
import { createTestGateway } from '../gateway/test-gateway.ts'
import { compileManifests } from './manifest-types.ts'
import { unknownVariables } from './variables.ts'

const FOLDER = 'deploy/kubernetes'
const MODELS = [
  Deployment,
  HorizontalPodAutoscaler,
  Namespace,
  NetworkPolicy,
  PodDisruptionBudget,
  PodMonitor,
  Secret,
  Service,
]

const files = readdirSync(FOLDER).filter(name => name !== 'kustomization.yaml')
// biome-ignore lint/suspicious/noExplicitAny: the models check them
const manifests: any[] = files.flatMap(name =>
  parseAllDocuments(readFileSync(`${FOLDER}/${name}`, 'utf8')).map(document => document.toJS()),
)
const kustomization = parse(readFileSync(`${FOLDER}/kustomization.yaml`, 'utf8'))
const find = (kind: string) => manifests.find(manifest => manifest.kind === kind)
const deployment = find('Deployment')
const pod = deployment.spec.template.spec
const [container] = pod.containers
const port = container.ports[0]

/** @throws the manifest is not as Kubernetes' schema says */
// biome-ignore lint/suspicious/noExplicitAny: the model checks it
function validate(manifest: any): void {
  const Model = MODELS.find(({ apiVersion, kind }) => manifest.apiVersion === apiVersion && manifest.kind === kind)
  if (!Model) throw new Error(`no model of ${manifest.apiVersion} ${manifest.kind}`)
  new Model(manifest).validate()
}

it.each(manifests.map(manifest => [manifest.kind, manifest.metadata.name, manifest]))(
  '%s %s follows the schema of Kubernetes',
  (_, __, manifest) => {
    expect(() => validate(manifest)).not.toThrow()
  },
)

it('a value of a wrong type is refused', () => {
  expect(() => validate({ ...deployment, spec: { ...deployment.spec, minReadySeconds: 'ten' } })).toThrow()
})

it('no manifest has a field that Kubernetes does not know', async () => {
  expect(await compileManifests('all', manifests)).toBe('')
  const misspelt = { ...deployment, spec: { ...deployment.spec, replica: 2 } }
  expect(await compileManifests('misspelt', [misspelt])).toContain('\'"replica"\' does not exist')
})

it('kustomization.yaml lists every manifest but the example of the Secret and that of an operator', () => {
  const optional = ['podmonitor.yaml', 'secret.example.yaml']
  expect(kustomization.resources.toSorted()).toEqual(files.filter(name => !optional.includes(name)).toSorted())
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
  expect(kustomization.images).toEqual([{ name: container.image, newTag: version }])
})

it('every selector finds the pods of the deployment, and the Secret is the one that they read', () => {
  const { labels } = deployment.spec.template.metadata
  expect(deployment.spec.selector.matchLabels).toEqual(labels)
  expect(find('Service').spec.selector).toEqual(labels)
  expect(find('PodDisruptionBudget').spec.selector.matchLabels).toEqual(labels)
  expect(find('NetworkPolicy').spec.podSelector.matchLabels).toEqual(labels)
  expect(find('PodMonitor').spec.selector.matchLabels).toEqual(labels)
  expect(find('HorizontalPodAutoscaler').spec.scaleTargetRef).toMatchObject({ name: deployment.metadata.name })
  expect(find('Secret').metadata.name).toBe(container.envFrom[0].secretRef.name)
})

it('the pods meet the restricted Pod Security Standard, and cannot write to their image', () => {
  // https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
  expect(pod).toMatchObject({
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  })
  expect(container.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  })
  expect(['hostNetwork', 'hostPID', 'hostIPC'].filter(field => field in pod)).toEqual([])
  expect(pod.volumes.every((volume: object) => 'emptyDir' in volume)).toBe(true)
})

it('the probes request pages that the gateway serves to anybody, at the port on which it listens', async () => {
  const gateway = await createTestGateway()
  for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
    const { path, port: name } = container[probe].httpGet
    expect([name, (await gateway.call(path)).status]).toEqual([port.name, 200])
  }
  expect(container.args.join(' ')).toContain(`--port ${port.containerPort}`)
})

it('the Secret names only variables that the gateway reads', () => {
  const names = Object.keys(find('Secret').stringData)
  expect(unknownVariables(names.filter(name => name !== 'GATEWAY_DATA'))).toEqual([])
})

it('the pods that may run at once open no more connections than a PostgreSQL has by default for users', () => {
  const { maxReplicas } = find('HorizontalPodAutoscaler').spec
  const { maxSurge } = deployment.spec.strategy.rollingUpdate
  const { poolSize } = readTarget(find('Secret').stringData.GATEWAY_DATA)
  // max_connections - superuser_reserved_connections; an update adds maxSurge while a pod that it replaces ends.
  expect((maxReplicas + maxSurge + 1) * (poolSize + 2)).toBeLessThanOrEqual(100 - 3)
})

it('the labels that Prometheus would rename are honoured', () => {
  // The Prometheus Operator gives targets these labels.
  const added = ['endpoint', 'namespace', 'pod', 'container', 'node', 'instance', 'job']
  const ours = Object.values(METRICS).flatMap(({ labels }): readonly string[] => labels)
  expect(added.filter(label => ours.includes(label))).toEqual(['endpoint'])
  expect(find('PodMonitor').spec.podMetricsEndpoints[0].honorLabels).toBe(true)
})
