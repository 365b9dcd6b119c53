// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/compare.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace assay::kernel {
namespace {

std::string patch_line(const PatchInput& patch) {
  const auto file = std::filesystem::path(patch.file).filename().string();
  return fmt::format("{}{}{}", patch.reverse ? "taken back: " : "", printable(file),
                     patch.subject.empty() ? "" : ": " + printable(patch.subject));
}

bool same_patch(const PatchInput& a, const PatchInput& b) {
  return a.sha256 == b.sha256 && a.reverse == b.reverse;
}

/// The patches of `side` that `other` does not have.
std::string only_in(const Side& side, const Side& other) {
  std::string text;
  for (const auto& patch : side.inputs.patches) {
    const auto& theirs = other.inputs.patches;
    if (std::none_of(theirs.begin(), theirs.end(), [&](const auto& one) { return same_patch(one, patch); })) {
      text += "\n    " + patch_line(patch);
    }
  }
  return text.empty() ? text : fmt::format("  patches only in {}:{}\n", side.variant.name, text);
}

std::string patches_text(const Side& a, const Side& b) {
  auto text = only_in(a, b) + only_in(b, a);
  const bool same = std::equal(a.inputs.patches.begin(), a.inputs.patches.end(), b.inputs.patches.begin(),
                               b.inputs.patches.end(), same_patch);
  return text.empty() && !same ? "  patches: the same in another order\n" : text;
}

std::string value_in(const Options& options, const std::string& name) {
  const auto found = options.find(name);
  return found == options.end() ? "n" : found->second;
}

std::string options_text(const Options& a, const Options& b) {
  auto all = a;
  all.insert(b.begin(), b.end());
  std::string text;
  for (const auto& [name, value] : all) {
    const auto before = value_in(a, name);
    const auto after = value_in(b, name);
    if (before != after) {
      text += fmt::format("\n    {}: {} -> {}", name, printable(before), printable(after));
    }
  }
  return text.empty() ? text : fmt::format("  config:{}\n", text);
}

std::string change(std::string_view what, std::string_view before, std::string_view after) {
  return before == after ? "" : fmt::format("  {}: {} -> {}\n", what, printable(before), printable(after));
}

std::string source_text(const Side& a, const Side& b) {
  if (a.inputs.source.sha256 == b.inputs.source.sha256) {
    return {};
  }
  const auto name = [](const Side& side) {
    return fmt::format("{} ({:.12})", side.variant.source.text(), side.inputs.source.sha256);
  };
  return change("source", name(a), name(b));
}

Options asked_for(const Inputs& inputs) { return overlaid(inputs.start, inputs.options); }

}  // namespace

std::string difference_text(const Side& a, const Side& b) {
  auto text = source_text(a, b) + change("arch", name_of(a.inputs.arch), name_of(b.inputs.arch)) +
              patches_text(a, b) + options_text(asked_for(a.inputs), asked_for(b.inputs)) +
              change("compiler", a.inputs.compiler_version, b.inputs.compiler_version);
  return text.empty() ? "  nothing differs\n" : text;
}

}  // namespace assay::kernel
