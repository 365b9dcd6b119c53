// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

namespace assay::experiment {

/// A small experiment without a mistake; tests change one piece of it.
inline const std::string sample_experiment = R"toml(
[experiment]
name = "sample"
title = "A sample"
thread = "1@example.org"
trials = 6
guests = "shared"
timeout = "60s"
seed = 7

[sampling]
rate = "10Hz"
sources = ["vmstat", "psi"]

[variants.old]
kernel = "kernel-old"

[variants.new]
kernel = "kernel-new"

[machines.small]
arch = "x86_64"
accel = "tcg"
vcpus = 2
memory = "256M"

[workloads.write]
workload = "fault.shared"
params = { threads = 3, mapping = "tmpfs", file = "64K", writer = true }

[workloads.nothing]
workload = "idle"
params = { time = "20ms" }

[[claims]]
id = "one"
says = "The old kernel retries, the new one does not."
quote = "it does not retry"
author = "A. Hacker"
message_id = "2@example.org"
workload = "write"
min_trials = 4
requires = ["writer_ops >= 100"]
figure = "vmstat.vma_lock_retry / touches"
expect = { old = ">= 0.9", new = "<= 0.05" }

[[claims]]
id = "two"
says = "No more of them."
quote = "no worse"
author = "A. Hacker"
workload = "write"
rule = "no-more"
figure = "touches"
base = "old"
head = "new"
slack = 0.5
)toml";

/// `sample_experiment` with the first `from` replaced.
inline std::string sample_with(const std::string& from, const std::string& to) {
  auto text = sample_experiment;
  return text.replace(text.find(from), from.size(), to);
}

}  // namespace assay::experiment
