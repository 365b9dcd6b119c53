// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <sched.h>

namespace assay::machine {

/// Pins this thread to one CPU, the same each time. libvirt throws its capability cache away when the CPUID
/// of the CPU that it happens to start on differs from last time's (virQEMUCapsIsValid() in
/// src/qemu/qemu_capabilities.c, 9.0), and CPUID holds the CPU's own number.
class CpuPin {
 public:
  CpuPin();
  CpuPin(const CpuPin&) = delete;
  CpuPin& operator=(const CpuPin&) = delete;
  CpuPin(CpuPin&&) = delete;
  CpuPin& operator=(CpuPin&&) = delete;
  ~CpuPin();

 private:
  cpu_set_t before_{};
  bool pinned_ = false;
};

}  // namespace assay::machine
