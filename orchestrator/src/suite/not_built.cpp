// SPDX-License-Identifier: GPL-2.0-or-later
#include "suite/not_built.hpp"

#include "base/files.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <map>
#include <utility>

namespace assay::suite {
namespace {

/// The package of Debian's that has a header, or a library as "-lNAME".
std::string package_with(std::string_view what) {
  static const std::map<std::string_view, std::string_view> packages = {
      {"-lasound", "libasound2-dev"},
      {"-lcap", "libcap-dev"},
      {"-lcap-ng", "libcap-ng-dev"},
      {"-lfuse", "libfuse-dev"},
      {"-lmnl", "libmnl-dev"},
      {"-lnuma", "libnuma-dev"},
      {"-lpopt", "libpopt-dev"},
      {"-luring", "liburing-dev"},
      {"alsa/asoundlib.h", "libasound2-dev"},
      {"cap-ng.h", "libcap-ng-dev"},
      {"fuse.h", "libfuse-dev"},
      {"liburing.h", "liburing-dev"},
      {"numa.h", "libnuma-dev"},
      {"numaif.h", "libnuma-dev"},
      {"libmnl/libmnl.h", "libmnl-dev"},
      {"popt.h", "libpopt-dev"},
      {"sys/capability.h", "libcap-dev"},
      {"bits/libc-header-start.h", "gcc-multilib"},
  };
  const auto found = packages.find(what);
  return found == packages.end() ? "" : fmt::format("; apt install {}", found->second);
}

/// "x.c:12:10: fatal error: numa.h: No such file or directory" and "ld: cannot find -lcap: ..." with what
/// helps.
std::string explained(std::string_view error) {
  std::string text = one_line(error);
  constexpr std::string_view header_mark = "fatal error: ";
  constexpr std::string_view library_mark = "cannot find ";
  for (const auto mark : {header_mark, library_mark}) {
    if (const auto at = error.find(mark); at != std::string_view::npos) {
      const auto what = error.substr(at + mark.size());
      return text + package_with(what.substr(0, what.find_first_of(": ")));
    }
  }
  return text;
}

/// "make[1]: *** [../lib.mk:221: /x/mm/migration] Error 1"
std::string target_of(std::string_view line) {
  const auto open = line.find("*** [");
  const auto close = line.rfind("] Error");
  if (!line.starts_with("make[") || open == std::string_view::npos || close == std::string_view::npos) {
    return "";
  }
  const auto inside = line.substr(open, close - open);
  return fs::path(std::string(inside.substr(inside.rfind(' ') + 1))).filename().string();
}

}  // namespace

std::vector<NotBuilt> not_built_of(std::string_view log) {
  std::vector<NotBuilt> missing;
  std::string why;
  for (const auto line : split(log, '\n')) {
    const bool begins = line.starts_with("make[") && line.find(": Entering directory") != line.npos;
    if (begins) {
      why.clear();
    }
    const bool is_error = line.find("error: ") != line.npos ||
                          line.find("undefined reference") != line.npos ||
                          line.find("cannot find -l") != line.npos;
    if (why.empty() && is_error) {
      why = explained(line);
    }
    const auto target = target_of(line);
    if (!target.empty() && target != "all") {
      missing.push_back({target, std::exchange(why, {})});
    }
  }
  return missing;
}

}  // namespace assay::suite
