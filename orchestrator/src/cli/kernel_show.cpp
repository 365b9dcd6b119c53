// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/kernel_verbs.hpp"
#include "kernel/compare.hpp"
#include "kernel/identity.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace assay::cli {
namespace {

using Json = nlohmann::ordered_json;

void print_line(std::string_view what, std::string_view text) {
  if (!text.empty()) {
    print(fmt::format("{:<10} {}\n", what, text));
  }
}

std::string size_text(const fs::path& path) {
  std::error_code error;
  const auto size = fs::file_size(path, error);
  return error ? "" : fmt::format(" ({})", human(Bytes(size)));
}

void print_file(std::string_view what, const fs::path& path) {
  if (!path.empty()) {
    print_line(what, path.string() + size_text(path));
  }
}

/// "linux-source-6.12, /usr/src/linux-source-6.12.tar.xz, sha256 0123..."
std::string source_line(const Json& source) {
  std::string text;
  for (const auto& [key, value] : source.items()) {
    const auto said = value.is_string() ? value.get<std::string>() : std::string();
    if (!said.empty()) {
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", key, said);
    }
  }
  return text;
}

void print_lists(const Json& json) {
  std::string_view what = "patches";
  for (const auto& patch : json.value("patches", Json::array())) {
    const auto file = fs::path(patch.value("file", "")).filename().string();
    const auto subject = patch.value("subject", "");
    print_line(what, fmt::format("{}{}{}", patch.value("reverse", false) ? "taken back: " : "", file,
                                 subject.empty() ? "" : ": " + printable(subject)));
    what = " ";
  }
  what = "config";
  for (const auto& fragment : json.value("config", Json::array())) {
    print_line(what, fs::path(fragment.value("file", "")).filename().string());
    what = " ";
  }
}

void print_page(const kernel::Variant& variant, const Json& json,
                const std::optional<kernel::Kernel>& built) {
  print_line("variant", variant.name + (variant.base.empty() ? "" : ", extends " + variant.base));
  print_line("id", json.value("id", ""));
  print_line("state", built ? "built, " + built->release : "not built");
  print_line("arch", json.value("arch", ""));
  print_line("source", source_line(json.value("source", Json::object())));
  print_lists(json);
  print_line("compiler", json.value("compiler", ""));
  if (built) {
    print_file("image", built->image);
    print_file("vmlinux", built->vmlinux);
    print_file(".config", built->config);
    print_file("log", built->log);
    print_line("modules", built->modules.string());
    print_line("note", built->note);
  }
}

/// Provenance of a kernel, as it was built or would be.
Task<Result<std::string>> provenance_of(kernel::Variant variant, kernel::BuilderOptions options,
                                        std::optional<kernel::Kernel> built) {
  if (built) {
    co_return read_file(built->provenance);
  }
  auto inputs = co_await kernel::gather_inputs(variant, std::move(options));
  if (!inputs) {
    co_return inputs.error();
  }
  co_return kernel::provenance_text(variant, *inputs, kernel::identity_of(*inputs), "");
}

/// What `diff` compares.
struct Compared {
  kernel::Variant variant;
  kernel::Inputs inputs;
  std::optional<kernel::Kernel> built;
};

Task<Result<Compared>> to_compare(Places places, std::string name, std::string arch) {
  auto variant = named_variant(places, name, arch);
  if (!variant) {
    co_return variant.error();
  }
  const auto options = run::builder_options(places, 0);
  auto inputs = co_await kernel::gather_inputs(*variant, options);
  if (!inputs) {
    co_return inputs.error();
  }
  auto built = co_await kernel::find_built(*variant, options);
  if (!built) {
    co_return built.error();
  }
  co_return Compared{std::move(*variant), std::move(*inputs), std::move(*built)};
}

/// All options of a kernel that is built.
std::optional<kernel::Options> final_options(const Compared& one) {
  if (!one.built || one.built->config.empty()) {
    return std::nullopt;
  }
  const auto text = read_file(one.built->config);
  auto options = text ? kernel::parse_config(".config", *text) : Result<kernel::Options>(text.error());
  return options ? std::optional(std::move(*options)) : std::nullopt;
}

std::string heading(const Compared& one) {
  return fmt::format("{} ({:.12})", one.variant.name, kernel::identity_of(one.inputs));
}

}  // namespace

Task<Result<ExitCode>> show_kernels(Globals& globals, KernelOptions options) {
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
    auto built = co_await kernel::find_built(*variant, builder);
    if (!built) {
      co_return built.error();
    }
    auto provenance = co_await provenance_of(*variant, builder, *built);
    if (!provenance) {
      co_return provenance.error();
    }
    if (options.json) {
      print(*provenance);
    } else {
      print(&name == &options.variants.front() ? "" : "\n");
      print_page(*variant, Json::parse(*provenance, nullptr, false), *built);
    }
  }
  co_return ExitCode::all_hold;
}

Task<Result<ExitCode>> diff_kernels(Globals& globals, KernelOptions options) {
  auto places = globals.places();
  if (!places) {
    co_return places.error();
  }
  if (options.variants.size() != 2) {
    co_return fail(Failure::usage, "cannot tell a difference: name two variants, not {}",
                   options.variants.size());
  }
  auto a = co_await to_compare(*places, options.variants[0], options.arch);
  if (!a) {
    co_return a.error();
  }
  auto b = co_await to_compare(*places, options.variants[1], options.arch);
  if (!b) {
    co_return b.error();
  }
  const auto all_a = final_options(*a);
  const auto all_b = final_options(*b);
  const bool final = all_a && all_b;
  const kernel::Side left{a->variant, a->inputs, final ? *all_a : a->inputs.options};
  const kernel::Side right{b->variant, b->inputs, final ? *all_b : b->inputs.options};
  print(fmt::format("{} -> {}\n{}", heading(*a), heading(*b), kernel::difference_text(left, right)));
  co_return ExitCode::all_hold;
}

}  // namespace assay::cli
