// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/guest_shell.hpp"

#include "base/files.hpp"
#include "cli/values.hpp"
#include "image/busybox.hpp"

#include <cstdio>
#include <utility>

namespace assay::cli {
namespace {

/// Gives every applet its name; as root, whoever the shell's user is.
constexpr const char* install_script =
    "/bin/busybox mkdir -p /sbin /usr/bin /usr/sbin /root && /bin/busybox --install -s\n";

Task<Result<fs::path>> find_busybox(Globals& globals, const Places& places, Arch arch, std::string option) {
  std::error_code error;
  if (option.empty()) {
    co_return co_await image::busybox_for(places.images, arch, globals.interrupt,
                                          [&globals](std::string_view step) {
                                            if (!globals.quiet) {
                                              std::fprintf(stderr, "%s\n", std::string(step).c_str());
                                            }
                                          });
  }
  if (!fs::exists(option, error)) {
    co_return fail(Failure::usage, "cannot open a shell: {} is not there", option);
  }
  co_return fs::path(option);
}

}  // namespace

void add_busybox_option(CLI::App& verb, std::string& option) {
  takes(verb.add_option("--busybox", option,
                        "a static busybox (default: Debian's; for sparc64 built from its source, once)"),
        named("FILE"));
}

Task<Status> bring_shell(Globals& globals, const Places& places, Arch arch, std::string option,
                         program::Request& request) {
  auto busybox = co_await find_busybox(globals, places, arch, std::move(option));
  if (!busybox) {
    co_return busybox.error();
  }
  request.files.push_back({*busybox, guest_busybox});
  request.before.emplace();
  request.before->arguments = {guest_busybox, "sh", "-c", install_script};
  request.before->timeout_ns = 60'000'000'000;
  co_return Status();
}

}  // namespace assay::cli
