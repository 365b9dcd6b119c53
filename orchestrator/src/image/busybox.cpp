// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/busybox.hpp"

#include "base/process.hpp"

#include <string>
#include <utility>

namespace assay::image {

Task<Result<std::filesystem::path>> busybox_for(std::filesystem::path images, Arch arch, Interrupt& interrupt,
                                                std::function<void(std::string_view)> on_step) {
  using namespace asio::experimental::awaitable_operators;
  std::string last;  // its last line is the result
  Command command;
  command.argv = {images / "busybox/build", std::string(name_of(arch))};
  command.on_line = [&last, &on_step](std::string_view line) {
    if (!last.empty()) {
      on_step(last);
    }
    last = line;
  };
  auto first = co_await (run_process(std::move(command)) || interrupt.wait());
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

}  // namespace assay::image
