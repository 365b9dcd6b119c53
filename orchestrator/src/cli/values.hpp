// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/error.hpp"
#include "base/units.hpp"

#include <toml++/toml.h>
#include <CLI/CLI.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace assay::cli {

/// What an option or an argument takes. Each has one; help, manual pages and completion are made from it.
struct Value {
  std::string word;  ///< "N", "FILE", "auto|kvm|tcg"; completion_of() knows each
  /// Why a text is no such value, "" when it is one.
  std::function<std::string(const std::string& text)> trouble;
};

/// Makes `option` take such values: any other is wrong usage, told before anything is done. Returns `option`.
CLI::Option* takes(CLI::Option* option, Value value);

[[nodiscard]] Value whole_number(std::uint64_t least, std::uint64_t most);
/// "512M": memory, or a disk.
[[nodiscard]] Value size(Bytes least);
/// "20s".
[[nodiscard]] Value duration();
/// "8", "0.5".
[[nodiscard]] Value hours();
[[nodiscard]] Value one_of(std::vector<std::string> words);
/// The URI of a libvirt that runs QEMU.
[[nodiscard]] Value libvirt_uri();
/// A name, a file, a pair of such: not empty, no option, no control character.
[[nodiscard]] Value named(std::string word);
/// A user of a guest, as NAME or UID, alone or with :GROUP or :GID; whether it has them only the guest knows.
[[nodiscard]] Value guest_user();
/// One line of text.
[[nodiscard]] Value printable_text(std::string word);
/// A value as an experiment's file has it.
[[nodiscard]] Value toml_text(std::string word);
/// { value = TEXT }. Error: usage.
[[nodiscard]] Result<toml::table> toml_value(const std::string& text);
/// Whatever there is, as words for another program.
[[nodiscard]] Value anything(std::string word);

/// Most trials, guests or runs that anybody may ask for.
constexpr unsigned most_hours = 10'000;
constexpr std::uint64_t most_of_anything = 100'000;

/// How shells complete a value.
struct Completion {
  bool files = false;
  bool folders = false;
  bool asks = false;                    ///< the program says which there are (values_here())
  std::vector<std::string> words = {};  ///< these
};

/// Whether a Value may have this word.
[[nodiscard]] bool is_known(std::string_view word);
/// By the word of a Value.
[[nodiscard]] Completion completion_of(std::string_view word);

}  // namespace assay::cli
