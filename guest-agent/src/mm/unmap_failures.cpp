// SPDX-License-Identifier: GPL-2.0-or-later
#include "mm/unmap_failures.hpp"

#include "contract/context.hpp"
#include "mm/kernel_files.hpp"

#include <unistd.h>

namespace assay::agent {

UnmapFailures::UnmapFailures(std::string_view where, std::int64_t every)
    : folder_("/sys/kernel/debug/unmap_failure/" + std::string(where) + "/") {
  require_guest("makes the kernel fail to unmap pages");
  if (::access((folder_ + "every").c_str(), W_OK) != 0) {
    throw WorkloadSkip("this kernel cannot fail to unmap pages (patches/unmap-failure-hook)");
  }
  for (const char* counter : {"calls", "hits", "failed"}) {
    write_kernel_file((folder_ + counter).c_str(), "0");
  }
  write_kernel_file((folder_ + "every").c_str(), std::to_string(every));
}

UnmapFailures::~UnmapFailures() {
  try {
    stop();
  } catch (const std::exception&) {  // The file was writable before; and the guest is not used for long.
    return;
  }
}

void UnmapFailures::stop() { write_kernel_file((folder_ + "every").c_str(), "0"); }

std::int64_t UnmapFailures::calls() const { return read_kernel_number(folder_ + "calls"); }
std::int64_t UnmapFailures::hits() const { return read_kernel_number(folder_ + "hits"); }
std::int64_t UnmapFailures::failed() const { return read_kernel_number(folder_ + "failed"); }

}  // namespace assay::agent
