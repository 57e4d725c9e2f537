import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { snapshotFile } from "../backup/snapshot-file.ts";
import { sideFileEndings, logsOf } from "../files/place-file.ts";
import { namespaceFetch } from "../fleet/namespace-fetch.ts";
import { tenantExists, withClient } from "../fleet/run-tenants.ts";
import type { ResolvedTenant } from "../fleet/tenant.ts";
import { adminOf } from "../sqld/sqld-admin.ts";
import { besides } from "../turso-cloud/besides.ts";
import { openCloudGroup } from "../turso-cloud/cloud-group.ts";
import type { TursoCloudDatabase } from "../turso-cloud/platform.ts";

/** How long a copy may wait for other writers. */
const lockTimeoutMs = 30_000;

/** Hands a copy of a tenant to `use`, and removes it. A file that is not there yet is an empty database. */
export async function withCopy<T>(
  tenant: ResolvedTenant,
  folder: string,
  use: (copy: ResolvedTenant) => Promise<T>,
): Promise<T> {
  const { path: file, cloud } = tenant;
  if (file !== undefined) return withFile(tenant, file, folder, use);
  return cloud === undefined ? withFork(tenant, use) : withBranch(tenant, cloud, use);
}

async function withFile<T>(
  tenant: ResolvedTenant,
  file: string,
  folder: string,
  use: (copy: ResolvedTenant) => Promise<T>,
): Promise<T> {
  const { config } = tenant;
  const copy = path.join(folder, `${randomUUID()}.db`);
  try {
    if (await tenantExists(tenant)) {
      await withClient(tenant, (client) => snapshotFile(client, { file, copy, config, lockTimeoutMs }));
    }
    return await use({ ...tenant, path: copy, config: { ...config, url: pathToFileURL(copy).href } });
  } finally {
    // One at a time: a sample of large tenants need not fit on the disk at once.
    const files = [copy, ...sideFileEndings.map((ending) => copy + ending), ...logsOf(copy)];
    await Promise.all(files.map((each) => rm(each, { force: true })));
  }
}

async function withFork<T>(tenant: ResolvedTenant, use: (copy: ResolvedTenant) => Promise<T>): Promise<T> {
  const { admin, namespace } = adminOf(tenant, "a rehearsal on a fork");
  // Always the same name: what a killed rehearsal has left goes with the next one.
  const copy = `${namespace}--litefleet-rehearsal`;
  await admin.remove(copy);
  try {
    await admin.fork(namespace, copy);
    return await use({
      ...tenant,
      namespace: copy,
      config: { ...tenant.config, fetch: namespaceFetch(copy) },
    });
  } finally {
    await admin.remove(copy);
  }
}

async function withBranch<T>(
  tenant: ResolvedTenant,
  cloud: TursoCloudDatabase,
  use: (copy: ResolvedTenant) => Promise<T>,
): Promise<T> {
  const group = await openCloudGroup(cloud, tenant.config);
  const copy = besides(cloud.database, "litefleet-rehearsal");
  await group.remove(copy);
  try {
    await group.copy(cloud.database, copy);
    (await group.open(copy)).close();
    return await use({ ...tenant, namespace: undefined, cloud: undefined, config: await group.configOf(copy) });
  } finally {
    await group.remove(copy);
  }
}
