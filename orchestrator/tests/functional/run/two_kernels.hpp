// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <string_view>

namespace assay::run {

/// What QEMU would boot on x86, as far as anybody here looks into it.
inline std::string bz_image(std::string_view what) {
  constexpr std::size_t version = 0x100;  // counted from 0x200
  std::string image(0x1000, '\0');
  image.replace(0x202, 4, "HdrS");
  image[0x20f] = static_cast<char>(version >> 8U);
  image.replace(0x200 + version, 7, "6.12.0 ");
  image.replace(0x800, what.size(), what);
  return image;
}

/// A rule whose sides are looked at each by itself: it is judged on a kernel against itself, too.
constexpr std::string_view each_by_itself = R"(rule = "never"
count = "finding"
variants = ["before", "after"])";

/// An experiment of two kernels that are the files `old` and `new` in a folder, repeats of two workloads in a
/// shared guest, and a claim with this rule.
inline std::string two_kernels(const std::filesystem::path& folder, unsigned trials,
                               std::string_view rule = each_by_itself) {
  return fmt::format(R"([experiment]
name = "two"
title = "two kernels"
thread = "1@example.org"
guests = "shared"
trials = {}
[variants]
before.kernel = "{}"
after.kernel = "{}"
[workloads]
one = {{ workload = "idle", params = {{ duration = "20ms" }} }}
two = {{ workload = "idle", params = {{ duration = "20ms" }} }}
[[claims]]
id = "quiet"
says = "no kernel complains"
quote = "it does not complain"
author = "A. Nonymous"
workload = "one"
min_trials = 2
{}
)",
                     trials, (folder / "old").string(), (folder / "new").string(), rule);
}

}  // namespace assay::run
