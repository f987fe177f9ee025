import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Deployment, StatefulSet } from "kubernetes-models/apps/v1";
import { HorizontalPodAutoscaler } from "kubernetes-models/autoscaling/v2";
import { NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1";
import { Namespace, Service } from "kubernetes-models/v1";
import { describe, expect, it } from "vitest";
import { asList, asRecord, asText } from "../../src/command/answers.ts";
import { readConfig } from "../../src/config.ts";
import { runtimeMetrics } from "../../src/telemetry/metric-page.ts";
import { metricTable } from "../../src/telemetry/metric-table.ts";
import { at, folder, type Manifest, manifestFiles, readManifests, readYaml, repository } from "./manifests.ts";

const manifests = readManifests();
const kustomization = readYaml("deploy/kubernetes/kustomization.yaml");

type Checked = { new (body: never): { validate(): void } };

/** The kinds that stand here, each with the module that knows its schema. */
const kinds: Readonly<Record<string, readonly [module: string, model: Checked]>> = {
  Namespace: ["kubernetes-models/v1", Namespace],
  Service: ["kubernetes-models/v1", Service],
  Deployment: ["kubernetes-models/apps/v1", Deployment],
  StatefulSet: ["kubernetes-models/apps/v1", StatefulSet],
  PodDisruptionBudget: ["kubernetes-models/policy/v1", PodDisruptionBudget],
  NetworkPolicy: ["kubernetes-models/networking.k8s.io/v1", NetworkPolicy],
  HorizontalPodAutoscaler: ["kubernetes-models/autoscaling/v2", HorizontalPodAutoscaler],
};

const ofKind = (...wanted: string[]): Manifest[] => manifests.filter(({ kind }) => wanted.includes(kind));
const workloads = ofKind("Deployment", "StatefulSet");
const podOf = ({ body }: Manifest): Record<string, unknown> => at(body, "spec.template.spec");
const labelsOf = ({ body }: Manifest): Record<string, unknown> => at(body, "spec.template.metadata.labels");
const containersOf = (workload: Manifest): Record<string, unknown>[] =>
  asList(podOf(workload).containers).map(asRecord);
const portsOf = (workload: Manifest): unknown[] =>
  containersOf(workload).flatMap(({ ports }) => asList(ports).map((port) => asRecord(port).name));
const hedgerows = workloads.filter((workload) => containersOf(workload).some(({ image }) => image === "hedgerow"));

/** The workloads whose pods a selector means. */
function selected(selector: Record<string, unknown>): Manifest[] {
  const wanted = Object.entries(selector);
  return workloads.filter((workload) => wanted.every(([label, value]) => labelsOf(workload)[label] === value));
}

describe("the Kubernetes manifests", () => {
  it("are all in the kustomization, and nothing else is", () => {
    expect([...manifestFiles()].sort()).toEqual(asList(kustomization.resources).map(String).sort());
    expect(asList(kustomization.images).map((image) => asRecord(image).name)).toContain("hedgerow");
  });

  it("fit Kubernetes' schemas", () => {
    for (const { kind, body, file } of manifests) {
      const [, Model] = kinds[kind] ?? [];
      if (Model === undefined) throw new Error(`${file}: no schema of ${kind} is known here`);
      expect(() => Reflect.construct(Model, [body]).validate(), `${file}: ${kind}`).not.toThrow();
    }
  });

  it("have no field that Kubernetes does not know", () => {
    const scratch = mkdtempSync(join(repository, "node_modules/.kubernetes-"));
    try {
      const lines = manifests.map(({ kind, apiVersion, body }, i) => {
        const { apiVersion: _version, kind: _kind, ...rest } = body;
        const type = `import(${JSON.stringify(kinds[kind]?.[0])}).I${kind}`;
        return `export const object${i}: ${type} = { apiVersion: "${apiVersion}", kind: "${kind}", ...{} , ${JSON.stringify(rest).slice(1)};`;
      });
      writeFileSync(join(scratch, "objects.ts"), lines.join("\n"));
      const options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--target", "esnext"];
      execFileSync(join(repository, "node_modules/.bin/tsc"), [...options, "--ignoreConfig", "objects.ts"], {
        cwd: scratch,
      });
    } catch (error) {
      throw new Error(String(Reflect.get(Object(error), "stdout") ?? error));
    } finally {
      rmSync(scratch, { recursive: true });
    }
  });

  it("select what is there, by labels and ports that it has", () => {
    for (const workload of workloads) {
      expect(selected(at(workload.body, "spec.selector.matchLabels")), workload.name).toEqual([workload]);
    }
    for (const { name, body } of ofKind("Service")) {
      const behind = selected(at(body, "spec.selector"));
      expect(behind.length, name).toBeGreaterThan(0);
      for (const port of asList(at(body, "spec").ports).map(asRecord)) {
        for (const workload of behind) expect(portsOf(workload), name).toContain(port.targetPort);
      }
    }
    for (const { name, body } of ofKind("PodDisruptionBudget")) {
      expect(selected(at(body, "spec.selector.matchLabels")).length, name).toBeGreaterThan(0);
    }
    for (const { name, body } of ofKind("NetworkPolicy")) {
      const behind = selected(at(body, "spec.podSelector.matchLabels"));
      expect(behind.length, name).toBeGreaterThan(0);
      for (const rule of asList(at(body, "spec").ingress).map(asRecord)) {
        for (const port of asList(rule.ports).map(asRecord)) {
          for (const workload of behind) expect(portsOf(workload), name).toContain(port.port);
        }
        for (const from of asList(rule.from)) {
          const pods = at(from, "podSelector.matchLabels");
          if (Object.keys(pods).length > 0) expect(selected(pods).length, name).toBeGreaterThan(0);
        }
      }
    }
    const governed = workloads
      .filter(({ kind }) => kind === "StatefulSet")
      .map(({ body }) => at(body, "spec").serviceName);
    for (const service of governed) expect(ofKind("Service").map(({ name }) => name)).toContain(service);
  });

  it("set only what the roles have, in values that they take", () => {
    for (const workload of hedgerows) {
      for (const { args, env } of containersOf(workload)) {
        const [role] = asList(args);
        if (role !== "root" && role !== "leaf") throw new Error(`${workload.name} runs no role`);
        const variables = asList(env)
          .map(asRecord)
          .map(({ name, value }) => [String(name), asText(value) ?? "of-the-pod"]);
        expect(readConfig(role, [], Object.fromEntries(variables)), workload.name).toMatchObject({ kind: "ok" });
      }
      // Kubernetes' own variables for services would be unknown settings.
      expect(podOf(workload).enableServiceLinks, workload.name).toBe(false);
    }
  });

  it("probe what is served", () => {
    for (const workload of hedgerows) {
      for (const container of containersOf(workload)) {
        const scheme = asList(container.args)[0] === "leaf" ? "HTTPS" : undefined;
        expect(at(container, "startupProbe.httpGet")).toMatchObject({ path: "/livez" });
        expect(at(container, "livenessProbe.httpGet")).toMatchObject({ path: "/livez" });
        expect(at(container, "readinessProbe.httpGet")).toMatchObject({ path: "/readyz" });
        for (const probe of ["startupProbe", "livenessProbe", "readinessProbe"]) {
          expect(portsOf(workload)).toContain(at(container, `${probe}.httpGet`).port);
          expect(at(container, `${probe}.httpGet`).scheme, workload.name).toBe(scheme);
        }
      }
    }
  });

  it("run nothing as root, and let nothing write but to its volumes", () => {
    for (const workload of workloads) {
      const pod = podOf(workload);
      expect(pod, workload.name).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
      });
      for (const container of containersOf(workload)) {
        expect(container, workload.name).toMatchObject({
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          },
          resources: {
            requests: { cpu: expect.anything(), memory: expect.anything() },
            limits: { memory: expect.anything() },
          },
        });
        const mounted = asList(container.volumeMounts)
          .map((mount) => String(asRecord(mount).name))
          .sort();
        const claims = asList(at(workload.body, "spec").volumeClaimTemplates);
        const given = [...asList(pod.volumes), ...claims.map((claim) => asRecord(claim).metadata)];
        expect(mounted, workload.name).toEqual(given.map((volume) => String(asRecord(volume).name)).sort());
      }
    }
  });

  it("never take leaves of two zones at the same time", () => {
    const leaves = hedgerows.filter((workload) => labelsOf(workload)["app.kubernetes.io/component"] === "leaf");
    const zones = leaves.map((workload) => labelsOf(workload)["hedgerow.dev/zone"]);
    expect(new Set(zones).size).toBe(2);
    leaves.forEach((workload, i) => {
      expect(at(workload.body, "spec.updateStrategy"), workload.name).toEqual({ type: "OnDelete" });
      expect(at(podOf(workload), "nodeSelector")).toEqual({ "topology.kubernetes.io/zone": zones[i] });
      const [container] = containersOf(workload);
      expect(asList(container?.env)).toContainEqual({ name: "HEDGEROW_ZONE", value: zones[i] });
    });
    const budget = ofKind("PodDisruptionBudget").find(({ name }) => name === "hedgerow-leaf");
    expect(at(budget?.body, "spec").maxUnavailable).toBe(1);
    expect(selected(at(budget?.body, "spec.selector.matchLabels"))).toEqual(leaves);
  });

  it("scale what stands by what the adapter makes of metrics that are shown", () => {
    const rules = asList(readYaml("deploy/kubernetes/adapter-rules.yaml").rules).map(asRecord);
    const offered = rules.map((rule) => at(rule, "name").as);
    for (const rule of rules) {
      const found = String(rule.seriesQuery).split("{")[0] ?? "";
      for (const series of [found, ...(String(rule.metricsQuery).match(/hedgerow_\w+/g) ?? [])])
        expect(series in metricTable || series in runtimeMetrics, series).toBe(true);
    }
    for (const { name, body } of ofKind("HorizontalPodAutoscaler")) {
      const target = at(body, "spec.scaleTargetRef");
      expect(
        workloads.some((workload) => workload.kind === target.kind && workload.name === target.name),
        name,
      ).toBe(true);
      for (const metric of asList(at(body, "spec").metrics).map(asRecord)) {
        const asked = [at(metric, "pods.metric").name, at(metric, "object.metric").name].filter(
          (found) => found !== undefined,
        );
        expect(offered, name).toEqual(expect.arrayContaining(asked));
        expect(asked).toHaveLength(1);
      }
    }
  });

  it("use no secret that the page beside them does not tell of", () => {
    const page = readFileSync(join(folder, "README.md"), "utf8");
    const secrets = workloads.flatMap((workload) => [
      ...asList(podOf(workload).volumes).map((volume) => at(volume, "secret").secretName),
      ...containersOf(workload).flatMap(({ env }) =>
        asList(env).map((variable) => at(variable, "valueFrom.secretKeyRef").name),
      ),
    ]);
    for (const secret of secrets.filter((name) => name !== undefined)) expect(page).toContain(`\`${String(secret)}\``);
  });
});
