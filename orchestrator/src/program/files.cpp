// SPDX-License-Identifier: GPL-2.0-or-later
#include "program/files.hpp"

#include "base/files.hpp"
#include "base/text.hpp"

#include <fmt/format.h>

#include <elf.h>

#include <algorithm>
#include <array>
#include <fstream>

namespace assay::program {
namespace {

Error usage(std::string_view text, std::string_view why) {
  return fail(Failure::usage, "cannot understand the file \"{}\": {}", text, why);
}

/// The folder itself and everything below it, in a fixed order.
Result<std::vector<FileIn>> folder_in(const fs::path& folder, const std::string& guest) {
  std::vector<FileIn> files{{folder, guest, true}};
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    const auto below = entry->path().lexically_relative(folder);
    files.push_back({entry->path(), (fs::path(guest) / below).string(), true});
  }
  if (error) {
    return fail(Failure::usage, "cannot read the folder {}: {}", folder.string(), error.message());
  }
  std::ranges::sort(files, {}, &FileIn::guest);
  return files;
}

std::uint16_t machine_of(Arch arch) { return arch == Arch::x86_64 ? EM_X86_64 : EM_SPARCV9; }

/// A number of an ELF file, whose class is 64 bits.
template <class T>
T number_at(const std::string& bytes, std::size_t at, bool big_endian) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T) && at + i < bytes.size(); ++i) {
    const std::size_t place = big_endian ? sizeof(T) - 1 - i : i;
    value |= static_cast<T>(static_cast<T>(static_cast<unsigned char>(bytes[at + i])) << (8 * place));
  }
  return value;
}

/// What a dynamic program names to be loaded by; "" of a static one.
std::string loader_of(const std::string& head, bool big_endian) {
  const auto table = number_at<std::uint64_t>(head, offsetof(Elf64_Ehdr, e_phoff), big_endian);
  const auto count = number_at<std::uint16_t>(head, offsetof(Elf64_Ehdr, e_phnum), big_endian);
  for (std::uint64_t i = 0; i < count && table + (i + 1) * sizeof(Elf64_Phdr) <= head.size(); ++i) {
    const auto part = table + i * sizeof(Elf64_Phdr);
    if (number_at<std::uint32_t>(head, part, big_endian) == PT_INTERP) {
      const auto at = number_at<std::uint64_t>(head, part + offsetof(Elf64_Phdr, p_offset), big_endian);
      const auto name = head.substr(std::min<std::size_t>(at, head.size()));
      return name.substr(0, name.find('\0'));
    }
  }
  return "";
}

/// Why a file cannot run in a guest with these files; "" when it can, as far as its first bytes tell.
std::string obstacle(const fs::path& path, const std::vector<FileIn>& files, Arch arch) {
  std::string head(4096, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(file.gcount()));
  if (!head.starts_with("\x7f"
                        "ELF") ||
      head.size() < sizeof(Elf64_Ehdr)) {
    return "";  // a script, perhaps: the agent tells when its interpreter is missing
  }
  const bool big = head[EI_DATA] == ELFDATA2MSB;
  if (head[EI_CLASS] != ELFCLASS64 ||
      number_at<std::uint16_t>(head, offsetof(Elf64_Ehdr, e_machine), big) != machine_of(arch)) {
    return fmt::format("it was not compiled for {}", name_of(arch));
  }
  const auto loader = loader_of(head, big);
  if (!loader.empty() && std::ranges::find(files, loader, &FileIn::guest) == files.end()) {
    return fmt::format(
        "it needs {} and shared libraries, which a guest does not have: link it with -static, or bring them "
        "by "
        "--file",
        printable(loader));
  }
  return "";
}

}  // namespace

Result<std::vector<FileIn>> parse_file_in(std::string_view text) {
  const std::size_t colon = text.rfind(":/");
  if (colon == std::string_view::npos || colon == 0) {
    return usage(text, "write HOST:GUEST, where GUEST is an absolute path");
  }
  const fs::path host(text.substr(0, colon));
  std::string guest(text.substr(colon + 1));
  std::error_code error;
  if (!fs::exists(host, error)) {
    return usage(text, fmt::format("{} is not there", host.string()));
  }
  if (guest.ends_with('/')) {
    guest += fs::canonical(host, error).filename().string();
  }
  if (fs::is_directory(host, error)) {
    const auto real = fs::canonical(host, error);  // a link to a folder means the folder
    return error ? usage(text, error.message()) : folder_in(real, guest);
  }
  return std::vector<FileIn>{{host, guest}};
}

Result<FileOut> parse_file_out(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || !text.starts_with('/') || colon + 1 == text.size()) {
    return usage(text, "write GUEST:HOST, where GUEST is an absolute path");
  }
  FileOut file{std::string(text.substr(0, colon)), fs::path(text.substr(colon + 1))};
  while (file.guest.size() > 1 && file.guest.ends_with('/')) {
    file.guest.pop_back();
  }
  std::error_code error;
  if (text.ends_with('/') || fs::is_directory(file.host, error)) {
    file.host /= fs::path(file.guest).filename();
  }
  if (const auto parent = fs::absolute(file.host, error).parent_path(); !fs::is_directory(parent, error)) {
    return usage(text, fmt::format("the folder {} is not there", parent.string()));
  }
  return file;
}

Result<std::optional<FileIn>> program_to_copy(std::string& program, const std::vector<FileIn>& files,
                                              Arch arch) {
  std::error_code error;
  const fs::path path(program);
  const bool is_brought = std::ranges::find(files, program, &FileIn::guest) != files.end();
  if (is_brought || program.find('/') == std::string::npos || !fs::is_regular_file(path, error)) {
    return std::nullopt;
  }
  if (const auto why = obstacle(path, files, arch); !why.empty()) {
    return fail(Failure::usage, "cannot run {} in a guest: {}", program, why);
  }
  program = path.is_absolute() ? path.lexically_normal().string() : "/" + path.filename().string();
  return FileIn{path, program};
}

}  // namespace assay::program
