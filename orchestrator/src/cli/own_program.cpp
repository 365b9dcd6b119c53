// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/own_program.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "base/units.hpp"
#include "image/elf_needs.hpp"
#include "image/program_needs.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace assay::cli {
namespace {

class OwnProgram {
 public:
  OwnProgram(program::Request& request, image::ProgramNeeds& needs, bool from_root)
      : files_(request.files), arguments_(request.program.arguments), needs_(needs), from_root_(from_root) {}

  Status bring() {
    bring_script();
    auto& word = arguments_.front();
    if (word.find('/') == std::string::npos || is_brought(word) || is_of_system(word)) {
      return found(needs_.add(word));
    }
    if (from_root_ && word.starts_with('/')) {
      return found(needs_.add(word));
    }
    auto file = program::program_to_copy(word, files_);
    if (!file) {
      return {};
    }
    files_.push_back(*file);
    return needs_.add_needs_of(file->host, file->guest);
  }

 private:
  [[nodiscard]] bool is_brought(const std::string& path) const {
    return std::ranges::find(files_, path, &program::FileIn::guest) != files_.end();
  }

  Status found(const Result<bool>& added) {
    if (!added) {
      return added.error();
    }
    return !*added && from_root_ && arguments_.front().starts_with('/')
               ? fail(Failure::usage, "it is not in --root; a path from here names a program of this host")
               : Status();
  }

  /// What is installed is packed with what it needs, once; what people build changes, and is copied. So is
  /// what needs nothing.
  [[nodiscard]] bool is_of_system(const std::string& word) const {
    constexpr std::array<std::string_view, 3> folders{"/usr/", "/bin/", "/sbin/"};
    if (from_root_ || std::ranges::none_of(folders, [&](auto folder) { return word.starts_with(folder); })) {
      return false;
    }
    const auto elf = image::read_elf_needs(word);
    return !elf || !elf->interpreter.empty();
  }

  /// "python3 -u script.py", "sh ./script"; not "sh -c TEXT".
  void bring_script() {
    if (!is_interpreter()) {
      return;
    }
    constexpr std::array<std::string_view, 3> no_file{"-c", "-m", "-e"};
    for (std::size_t i = 1; i < arguments_.size(); ++i) {
      auto& word = arguments_[i];
      std::error_code error;
      if (std::ranges::find(no_file, word) != no_file.end() || is_brought(word)) {
        return;
      }
      if (!word.starts_with('-') && fs::is_regular_file(word, error)) {
        word = word.find('/') != std::string::npos ? word : "./" + word;
        if (auto file = program::program_to_copy(word, files_)) {
          files_.push_back(std::move(*file));
        }
        return;
      }
    }
  }

  [[nodiscard]] bool is_interpreter() const {
    constexpr std::array<std::string_view, 8> names{"sh",  "bash", "dash",   "ksh",
                                                    "zsh", "perl", "python", "ruby"};
    const auto name = fs::path(arguments_.front()).filename().string();
    const auto letters = name.substr(0, name.find_first_of("0123456789"));
    return std::ranges::find(names, letters) != names.end();
  }

  std::vector<program::FileIn>& files_;
  std::vector<std::string>& arguments_;
  image::ProgramNeeds& needs_;
  bool from_root_;
};

}  // namespace

Result<std::vector<image::HostFile>> bring_program(program::Request& request, Arch arch,
                                                   const std::string& root) {
  image::ProgramSource source;
  source.arch = arch;
  source.root = root.empty() ? "/" : root;
  for (const auto& file : request.files) {
    source.brought.emplace(file.guest, file.host);
  }
  source.environment = request.program.environment;
  auto needs = image::ProgramNeeds::create(std::move(source));
  if (!needs) {
    return needs.error();
  }
  const auto word = request.program.arguments.front();
  if (auto brought = OwnProgram(request, *needs, !root.empty()).bring(); !brought) {
    return brought.error().within(fmt::format("run {} in a guest", word));
  }
  return needs->files();
}

std::string brought_text(const program::Request& request, const std::vector<image::HostFile>& programs) {
  std::string text;
  std::uint64_t total = 0;
  const auto add = [&](const std::string& guest, const fs::path& host) {
    std::error_code error;
    const auto size = fs::is_regular_file(host, error) ? fs::file_size(host, error) : 0;
    total += size;
    text += fmt::format("{:>9}  {}{}\n", human(Bytes(size)), guest,
                        host == fs::path(guest) ? "" : fmt::format("  (from {})", host.string()));
  };
  for (const auto& file : request.files) {
    add(file.guest, file.host);
  }
  for (const auto& file : programs) {
    if (file.link.empty()) {
      add(file.path, file.host);
    } else {
      text += fmt::format("{:>9}  {} -> {}\n", "link", file.path, file.link);
    }
  }
  const auto count = request.files.size() + programs.size();
  return text + fmt::format("{:>9}  {} file{} and links in all\n", human(Bytes(total)), count, plural(count));
}

}  // namespace assay::cli
