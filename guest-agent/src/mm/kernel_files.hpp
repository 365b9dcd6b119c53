// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace assay::agent {

/// Writes to a file of /proc or /sys in one write(). Throws when that fails.
void write_kernel_file(const char* path, std::string_view text);

/// The first line of such a file. Throws when it cannot be read.
[[nodiscard]] std::string read_kernel_file(const char* path);

/// Gives a file of /proc/sys a value for as long as it lives.
class KernelSetting {
 public:
  /// Throws when the file cannot be read or written.
  KernelSetting(const char* path, std::string_view value);
  KernelSetting(const KernelSetting&) = delete;
  KernelSetting& operator=(const KernelSetting&) = delete;
  KernelSetting(KernelSetting&&) = delete;
  KernelSetting& operator=(KernelSetting&&) = delete;
  ~KernelSetting();

 private:
  const char* path_;
  std::string before_;
};
/// The number that a file of /proc, /sys or debugfs begins with. Throws.
[[nodiscard]] std::int64_t read_kernel_number(const std::string& path);

/// What /proc/vmstat says under this name. Throws when it has none such.
[[nodiscard]] std::int64_t vmstat_number(std::string_view name);

/// Skips the workload unless this is a guest of Assay's with root: what the workload does to the whole system
/// has no place on somebody's machine. `what` completes "only in a guest: it ...".
void require_guest(std::string_view what);

}  // namespace assay::agent
