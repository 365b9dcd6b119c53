// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/files.hpp"
#include "cli/kernels.hpp"
#include "cli/verb.hpp"

#include <cstdio>
#include <utility>
#include <vector>

namespace assay::cli {
namespace {

struct KernelOptions {
  std::vector<std::string> variants;
  unsigned jobs = 0;
};

/// Each named variant, found or built, handed to `use`.
template <class Use>
Task<Result<ExitCode>> each_variant(Globals& globals, KernelOptions options, bool may_build, Use use) {
  auto places = find_places(globals.results);
  if (!places) {
    co_return places.error();
  }
  Display display(globals.quiet);
  for (const auto& name : options.variants) {
    auto variant = kernel::load_variant(places->images, name);
    if (!variant) {
      co_return variant.error();
    }
    const auto builder = builder_options(*places, options.jobs);
    auto found = co_await kernel::find_built(*variant, builder);
    if (!found) {
      co_return found.error();
    }
    if (may_build) {
      auto built = co_await build_kernel(*variant, builder, display, globals.interrupt);
      if (!built) {
        co_return built.error();
      }
      *found = std::move(*built);
    }
    if (!*found) {
      co_return fail(Failure::usage, "variant {} is not built; assay kernel build {}", name, name);
    }
    if (auto used = use(**found); !used) {
      co_return used.error();
    }
  }
  co_return ExitCode::all_hold;
}

Task<Result<ExitCode>> list_kernels(Globals& globals) {
  auto places = find_places(globals.results);
  if (!places) {
    co_return places.error();
  }
  for (const auto& name : kernel::variant_names(places->images)) {
    auto variant = kernel::load_variant(places->images, name);
    if (!variant) {
      co_return variant.error();
    }
    auto found = co_await kernel::find_built(*variant, builder_options(*places, 0));
    auto id = co_await kernel::kernel_id(*variant);
    print(fmt::format("{:<28} {}  {}\n", name, id ? id->substr(0, 12) : std::string(12, '-'),
                      !found   ? found.error().text()
                      : *found ? "built, " + (**found).release
                               : "not built"));
  }
  co_return ExitCode::all_hold;
}

Status print_path(const kernel::Kernel& kernel) {
  print(kernel.image.string() + "\n");
  return {};
}

Status print_provenance(const kernel::Kernel& kernel) {
  auto provenance = read_file(kernel.provenance);
  if (!provenance) {
    return provenance.error();
  }
  print(*provenance);
  return {};
}

Status print_log(const kernel::Kernel& kernel) {
  auto log = read_file(kernel.log);
  if (!log) {
    return log.error();
  }
  print(*log);
  return {};
}

Status print_nothing(const kernel::Kernel& /*kernel*/) { return {}; }

CLI::App* add_variant_verb(CLI::App& app, const char* name, const char* help,
                           const std::shared_ptr<KernelOptions>& options) {
  auto* verb = app.add_subcommand(name, help);
  verb->add_option("variant", options->variants, "name of a file in images/kernels, or a path to one")
      ->required();
  return verb;
}

}  // namespace

void add_kernel(CLI::App& app, Globals& globals, Action& chosen) {
  auto options = std::make_shared<KernelOptions>();
  auto* kernel = app.add_subcommand("kernel", "build kernel variants and look at what was built");
  kernel->require_subcommand(1);
  kernel->fallthrough();

  kernel->add_subcommand("list", "all variants, their identity, built or not")->callback([&globals, &chosen] {
    chosen = [&globals] { return list_kernels(globals); };
  });
  auto* build = add_variant_verb(*kernel, "build", "build variants that are not in the cache", options);
  build->add_option("-j,--jobs", options->jobs, "compilers at once (default: one per core)");
  build->callback([&globals, &chosen, options] {
    chosen = [&globals, options] { return each_variant(globals, *options, true, print_nothing); };
  });
  add_variant_verb(*kernel, "path", "print the path of the image that QEMU boots", options)
      ->callback([&globals, &chosen, options] {
        chosen = [&globals, options] { return each_variant(globals, *options, false, print_path); };
      });
  add_variant_verb(*kernel, "show", "print what went into a kernel: source, patches, config, compiler (JSON)",
                   options)
      ->callback([&globals, &chosen, options] {
        chosen = [&globals, options] { return each_variant(globals, *options, false, print_provenance); };
      });
  add_variant_verb(*kernel, "log", "print the log of its build", options)
      ->callback([&globals, &chosen, options] {
        chosen = [&globals, options] { return each_variant(globals, *options, false, print_log); };
      });
}

}  // namespace assay::cli
