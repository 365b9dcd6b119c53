// SPDX-License-Identifier: GPL-2.0-or-later
// Builds kernel variants for real and says what each took: build_variants IMAGES CACHE VARIANT...
#include "kernel/builder.hpp"
#include "kernel/variant_load.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdio>
#include <vector>

namespace {

using namespace assay;

struct Request {
  fs::path images;
  kernel::BuilderOptions options;
  std::vector<std::string> names;
};

void show(const kernel::BuildProgress& progress) {
  static int last = -1;
  const int percent = static_cast<int>(progress.fraction * 100);
  if (percent != last) {
    last = percent;
    fmt::print("{:3} %  {}{}\n", percent, progress.step,
               progress.remaining ? fmt::format("  ({} left)", human(*progress.remaining)) : "");
    std::fflush(stdout);
  }
}

Task<> build_all(const Request& request, bool& good) {
  for (const auto& name : request.names) {
    auto variant = kernel::load_variant(request.images, name, Arch::x86_64);
    if (!variant) {
      good = false;
      fmt::print("{}\n", variant.error().text());
      continue;
    }
    const auto began = Clock::now();
    const kernel::ProgressSink sink = show;
    auto built = co_await kernel::build(*variant, request.options, sink);
    good = good && built;
    fmt::print("{}: {}, {}\n", name, built ? built->image.string() : built.error().text(),
               human(Clock::now() - began));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() < 3) {
    fmt::print(stderr, "usage: build_variants IMAGES CACHE VARIANT...\n");
    return 2;
  }
  Request request;
  request.images = arguments[0];
  request.options.cache = arguments[1];
  request.names.assign(arguments.begin() + 2, arguments.end());
  bool good = true;
  asio::io_context context(1);
  asio::co_spawn(context, build_all(request, good), asio::detached);
  context.run();
  return good ? 0 : 1;
}
