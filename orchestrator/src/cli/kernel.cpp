// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/display.hpp"
#include "cli/kernel_verbs.hpp"
#include "cli/surroundings.hpp"
#include "cli/values.hpp"
#include "kernel/cache.hpp"
#include "kernel/check.hpp"
#include "kernel/variant_load.hpp"

#include <cstdio>
#include <utility>
#include <vector>

namespace assay::cli {
namespace {

Task<Result<ExitCode>> build_named(Globals& globals, KernelOptions options) {
  auto places = globals.whole_places();
  if (!places) {
    co_return places.error();
  }
  Display display(globals);
  auto builder = run::builder_options(*places, options.jobs);
  std::vector<kernel::Variant> missing;
  for (const auto& name : options.variants) {
    auto variant = named_variant(*places, name, options.arch);
    if (!variant) {
      co_return variant.error();
    }
    for (const auto& note : variant->notes) {
      display.on_note(note);
    }
    auto found = co_await kernel::find_built(*variant, builder);
    if (!found) {
      co_return found.error();
    }
    if (*found) {
      display.build_done(variant->name, run::from_cache_text(**found));
    } else {
      missing.push_back(std::move(*variant));
    }
  }
  globals.on_stop = "the compiler is being stopped";
  auto built =
      co_await run::build_kernels(std::move(missing), std::move(builder), display, globals.interrupt);
  co_return built ? Result<ExitCode>(ExitCode::all_hold) : Result<ExitCode>(built.error());
}

/// The paths of the images that QEMU boots.
Task<Result<ExitCode>> print_paths(Globals& globals, KernelOptions options) {
  auto places = globals.places();
  if (!places) {
    co_return places.error();
  }
  for (const auto& name : options.variants) {
    auto variant = named_variant(*places, name, options.arch);
    if (!variant) {
      co_return variant.error();
    }
    auto found = co_await kernel::find_built(*variant, run::builder_options(*places, 0));
    if (!found) {
      co_return found.error();
    }
    if (!*found) {
      co_return fail(Failure::usage, "variant {} is not built; assay kernel build {}", name, name);
    }
    print_exactly((**found).image.string() + "\n");
  }
  co_return ExitCode::all_hold;
}

/// "3.4 MiB" of files, or "".
std::string size_of(const kernel::Kernel& kernel) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(kernel.image.parent_path(), error)) {
    bytes += entry.is_regular_file(error) ? entry.file_size(error) : 0;
  }
  return human(Bytes(bytes));
}

Task<Result<ExitCode>> list_kernels(Globals& globals) {
  auto places = globals.places();
  if (!places) {
    co_return places.error();
  }
  for (const auto& name : kernel::variant_names(places->images)) {
    auto arches = kernel::arches_of(places->images, name);
    if (!arches) {
      print(fmt::format("{:<28} {}\n", name, arches.error().text()));
      continue;
    }
    for (const auto arch : *arches) {
      auto variant = kernel::load_variant(places->images, name, arch);
      if (!variant) {
        co_return variant.error();
      }
      auto found = co_await kernel::find_built(*variant, run::builder_options(*places, 0));
      auto id = co_await kernel::kernel_id(*variant);
      print(fmt::format("{:<28} {:<8} {}  {}\n", name, name_of(arch),
                        id ? id->substr(0, 12) : std::string(12, '-'),
                        !found   ? found.error().text()
                        : *found ? fmt::format("built, {}, {}", (**found).release, size_of(**found))
                                 : "not built"));
    }
  }
  co_return ExitCode::all_hold;
}

/// The log of the build, or of the last attempt that failed.
Task<Result<ExitCode>> print_logs(Globals& globals, KernelOptions options) {
  auto places = globals.places();
  if (!places) {
    co_return places.error();
  }
  for (const auto& name : options.variants) {
    auto variant = named_variant(*places, name, options.arch);
    if (!variant) {
      co_return variant.error();
    }
    const auto builder = run::builder_options(*places, 0);
    auto id = co_await kernel::kernel_id(*variant, builder);
    auto found = co_await kernel::find_built(*variant, builder);
    if (!id || !found) {
      co_return !id ? id.error() : found.error();
    }
    const auto file = *found ? (**found).log : kernel::CacheLayout(builder.cache).log(*id);
    auto log = read_file(file);
    if (!log) {
      co_return fail(Failure::usage, "there is no log of {}: {}", name,
                     *found ? "it was not built here" : "it was not built yet");
    }
    print(*log);
  }
  co_return ExitCode::all_hold;
}

/// The whole .config, of a kernel that is built or of one that could be.
Task<Result<ExitCode>> print_configs(Globals& globals, KernelOptions options) {
  auto places = globals.places();
  if (!places) {
    co_return places.error();
  }
  Display display(globals);
  const kernel::ProgressSink sink = [&display](const kernel::BuildProgress& step) { display.on_build(step); };
  for (const auto& name : options.variants) {
    auto variant = named_variant(*places, name, options.arch);
    if (!variant) {
      co_return variant.error();
    }
    const auto builder = run::builder_options(*places, 0);
    auto found = co_await kernel::find_built(*variant, builder);
    if (!found) {
      co_return found.error();
    }
    const bool is_there = *found && !(**found).config.empty();
    auto config = is_there ? read_file((**found).config) : Result<std::string>(std::string());
    if (!is_there) {
      config = co_await kernel::configuration_of(std::move(*variant), builder, sink);
    }
    if (!config) {
      co_return config.error();
    }
    print(*config);
  }
  co_return ExitCode::all_hold;
}

using Verb = Task<Result<ExitCode>> (*)(Globals&, KernelOptions);

}  // namespace

Result<kernel::Variant> named_variant(const Places& places, const std::string& name,
                                      const std::string& arch) {
  if (!arch.empty()) {
    const auto parsed = parse_arch(arch);
    return parsed ? kernel::load_variant(places.images, name, *parsed)
                  : Result<kernel::Variant>(parsed.error());
  }
  const auto arches = kernel::arches_of(places.images, name);
  return arches ? kernel::load_variant(places.images, name, arches->front())
                : Result<kernel::Variant>(arches.error());
}

void add_kernel(CLI::App& app, Globals& globals, Action& chosen) {
  auto options = std::make_shared<KernelOptions>();
  auto* kernel = app.add_subcommand("kernel", "build kernel variants and look at what was built");
  kernel->require_subcommand(1);
  kernel->fallthrough();

  const auto add = [&](const char* name, const char* help, Verb verb) {
    auto* added = kernel->add_subcommand(name, help);
    added->callback([&globals, &chosen, options, verb] {
      chosen = [&globals, options, verb] { return verb(globals, *options); };
    });
    return added;
  };
  const auto add_of_variants = [&](const char* name, const char* help, Verb verb) {
    auto* added = add(name, help, verb);
    takes(
        added->add_option("variant", options->variants,
                          "name of a file in images/kernels, or a path to one; NAME+FLAVOUR adds a flavour"),
        named("KERNEL"))
        ->required();
    takes(added->add_option("--arch", options->arch,
                            "of the kernel (default: the first that the variant is for)"),
          one_of({"x86_64", "sparc64"}));
    return added;
  };
  kernel->add_subcommand("list", "all variants, their identity, built or not, and size")
      ->callback([&globals, &chosen] { chosen = [&globals] { return list_kernels(globals); }; });
  auto* build = add_of_variants("build", "build variants that are not in the cache", build_named);
  takes(build->add_option("-j,--jobs", options->jobs, "compilers at once (default: one per core)"),
        whole_number(1, most_of_anything));
  build->footer(
      "Examples:\n"
      "  assay kernel build linux-6.12\n"
      "  assay kernel build linux-6.12+kasan --arch sparc64\n" +
      exit_codes({ExitCode::all_hold, ExitCode::usage, ExitCode::infrastructure, ExitCode::bad_kernel,
                  ExitCode::interrupted}));
  add_of_variants("path", "print the path of the image that QEMU boots", print_paths);
  add_of_variants("config", "print the whole .config of a kernel, built or not; compiles nothing",
                  print_configs);
  add_of_variants("show", "print what went into a kernel: source, patches, config, compiler", show_kernels)
      ->add_flag("--json", options->json, "as JSON");
  add_of_variants("diff", "print what differs between two variants", diff_kernels);
  add_of_variants("log", "print the log of the last build", print_logs);
  auto* gc =
      add("gc", "say what can go from the cache: all that no experiment and none of the last runs needs",
          collect_kernels);
  gc->add_flag("--yes", options->yes, "remove it");
  takes(gc->add_option("--runs", options->runs, "how many runs count as the last ones (default: 10)"),
        whole_number(0, most_of_anything));
}

}  // namespace assay::cli
