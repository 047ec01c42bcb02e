#!/usr/bin/env node
// Generates this project's pipeline without Bakehouse's help and uploads it; --dry-run prints it.
// `bakehouse pipeline upload` makes the same steps from bakehouse.yml.
import { spawnSync } from "node:child_process";

/** Uncomment a line to build for that platform. */
const buildPlatforms = [
  { os: "darwin", arch: "aarch64" },
  { os: "darwin", arch: "x64" },
  // { os: "linux", arch: "x64" },
  // { os: "linux", arch: "aarch64" },
  // { os: "windows", arch: "x64" },
];

/** Uncomment a line to test on that platform; it must be built, too. */
const testPlatforms = [
  { os: "darwin", arch: "aarch64" },
  { os: "darwin", arch: "x64" },
  // { os: "linux", arch: "x64" },
  // { os: "linux", arch: "aarch64" },
  // { os: "windows", arch: "x64" },
];

const getTargetKey = ({ os, arch, baseline }) => `${os}-${arch}${baseline ? "-baseline" : ""}`;

/** macOS x64 is an arm64 VM with Rosetta. */
const getAgents = ({ os, arch }) => ({ queue: os, os, arch: os === "darwin" ? "aarch64" : arch });

function getStep(platform, kind, step) {
  const target = getTargetKey(platform);
  return {
    key: `${target}-${kind}`,
    label: `${target} - ${kind}`,
    agents: getAgents(platform),
    retry: {
      manual: { permit_on_passed: true },
      automatic: [-1, 125].map(exit_status => ({ exit_status, limit: 2 })),
    },
    ...step,
    env: { BAKEHOUSE_TARGET: target, ...step.env },
  };
}

const getBuildVendorStep = platform =>
  getStep(platform, "build-vendor", {
    command: "ci/step.sh vendor",
    env: { BUN_CPP_ONLY: "ON" },
    artifact_paths: ["out/libvendor.a", "bakehouse-stats/*.json"],
    timeout_in_minutes: 20,
  });

const getBuildCppStep = platform =>
  getStep(platform, "build-cpp", {
    command: "ci/step.sh cpp",
    env: { BUN_CPP_ONLY: "ON" },
    artifact_paths: ["out/libcpp.a", "bakehouse-stats/*.json"],
    timeout_in_minutes: 20,
  });

const getBuildZigStep = platform =>
  getStep(platform, "build-zig", {
    command: "ci/step.sh zig",
    artifact_paths: ["out/oven-zig.o", "bakehouse-stats/*.json"],
    timeout_in_minutes: 20,
  });

const getLinkBunStep = platform =>
  getStep(platform, "build-bun", {
    command: "ci/step.sh link",
    depends_on: ["build-vendor", "build-cpp", "build-zig"].map(kind => `${getTargetKey(platform)}-${kind}`),
    env: { BUN_LINK_ONLY: "ON" },
    artifact_paths: ["out/oven"],
    timeout_in_minutes: 10,
  });

const getTestBunStep = platform =>
  getStep(platform, "test-bun", {
    command: "ci/step.sh test",
    depends_on: [`${getTargetKey(platform)}-build-bun`],
    parallelism: 2,
    timeout_in_minutes: 10,
  });

function getPipeline() {
  const tested = new Set(testPlatforms.map(getTargetKey));
  return {
    steps: buildPlatforms.map(platform => ({
      group: getTargetKey(platform),
      key: getTargetKey(platform),
      steps: [
        getBuildVendorStep(platform),
        getBuildCppStep(platform),
        getBuildZigStep(platform),
        getLinkBunStep(platform),
        ...(tested.has(getTargetKey(platform)) ? [getTestBunStep(platform)] : []),
      ],
    })),
  };
}

const json = JSON.stringify(getPipeline(), null, 2);
if (process.argv.includes("--dry-run")) {
  console.log(json);
} else {
  const { status, error } = spawnSync("buildkite-agent", ["pipeline", "upload", "--no-interpolation"], {
    input: json,
    stdio: ["pipe", "inherit", "inherit"],
  });
  if (error) {
    console.error(`Could not run buildkite-agent: ${error.message}`);
  }
  process.exit(status ?? 1);
}
