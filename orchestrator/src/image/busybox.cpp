// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/busybox.hpp"

#include "base/process.hpp"

#include <cstdio>

namespace assay::cli {

Task<Result<std::filesystem::path>> busybox_for(Globals& globals, Places places, Arch arch) {
  using namespace asio::experimental::awaitable_operators;
  std::string last;
  Command command;
  command.argv = {places.images / "busybox/build", std::string(name_of(arch))};
  command.on_line = [&last, &globals](std::string_view line) {
    if (!last.empty() && !globals.quiet) {
      std::fprintf(stderr, "%s\n", last.c_str());
    }
    last = line;
  };
  auto first = co_await (run_process(std::move(command)) || globals.interrupt.wait());
  if (first.index() == 1) {
    co_return fail(Failure::interrupted, "building a busybox for {} was interrupted", name_of(arch));
  }
  auto end = std::get<0>(std::move(first));
  if (!end) {
    co_return end.error();
  }
  if (!end->ok()) {
    co_return fail(Failure::usage, "cannot open a shell in a {} guest: {}", name_of(arch), last);
  }
  co_return std::filesystem::path(last);
}

}  // namespace assay::cli
