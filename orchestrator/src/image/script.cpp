// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/script.hpp"

#include "base/files.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <fstream>
#include <string_view>

namespace assay::image {
namespace {

constexpr std::streamsize kernel_reads = 256;  // BINPRM_BUF_SIZE
constexpr std::string_view blanks = " \t";

/// Of what follows "env": the program. Variables and options come first, those of -S in one word.
std::string command_of_env(std::string_view argument) {
  if (argument.starts_with("-S") || argument.starts_with("--split-string")) {
    argument.remove_prefix(argument.starts_with("-S") ? 2 : std::string_view("--split-string=").size());
    for (const auto word : split(argument, ' ')) {
      const auto plain = trimmed(word);
      if (!plain.empty() && !plain.starts_with('-') && plain.find('=') == std::string::npos) {
        return std::string(plain);
      }
    }
    return {};
  }
  return argument.starts_with('-') ? std::string() : std::string(argument);
}

}  // namespace

std::optional<Script> read_script(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string head(kernel_reads, '\0');
  file.read(head.data(), kernel_reads);
  head.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
  if (!head.starts_with("#!")) {
    return std::nullopt;
  }
  const bool cut = head.size() == kernel_reads && head.find('\n') == std::string::npos;
  const auto line = trimmed(std::string_view(head).substr(2, head.find('\n') - 2));
  const auto end = line.find_first_of(blanks);
  if (cut && end == std::string_view::npos) {
    return Script{};
  }
  Script script{std::string(line.substr(0, end)), {}};
  if (fs::path(script.interpreter).filename() == "env" && end != std::string_view::npos) {
    script.command = command_of_env(trimmed(line.substr(end)));
  }
  return script;
}

}  // namespace assay::image
