// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace assay::experiment {

/// What an agent could say of itself: small, with a parameter of each type.
inline constexpr const char* sample_describe = R"json({
  "agent": "0.1.0", "protocol": 1,
  "workloads": [
    {"name": "idle", "summary": "does nothing",
     "parameters": [{"name": "time", "type": "duration", "unit": "ns", "default": "100ms", "min": 0,
                     "max": 60000000000, "choices": [], "help": "how long"}],
     "counters": [], "checks": []},
    {"name": "fault.shared", "summary": "touches a shared mapping page by page",
     "parameters": [
       {"name": "threads", "type": "integer", "unit": "", "default": 2, "min": 1, "max": 64, "choices": []},
       {"name": "pages", "type": "integer", "unit": "pages", "default": 256, "min": 1, "max": 65536},
       {"name": "mapping", "type": "choice", "default": "memfd", "choices": ["memfd", "tmpfs", "perf"]},
       {"name": "file", "type": "size", "unit": "bytes", "default": "1M", "min": 4096, "max": 1073741824},
       {"name": "writer", "type": "bool", "default": false}],
     "counters": [{"name": "touches", "unit": "pages", "help": "first touches"},
                  {"name": "writer_ops", "unit": "", "help": ""}],
     "checks": [{"name": "content", "help": "every page reads back"}]}
  ],
  "samplers": [
    {"name": "vmstat", "metrics": [{"name": "pgfault", "unit": "events"}, {"name": "vma_lock_retry", "unit": "events"}]},
    {"name": "psi", "metrics": []}
  ]
})json";

}  // namespace assay::experiment
