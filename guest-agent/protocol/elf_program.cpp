// SPDX-License-Identifier: GPL-2.0-or-later
#include "elf_program.hpp"

#include <elf.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fstream>

namespace assay::wire {
namespace {

constexpr std::size_t longest_path = 4096;

class ElfFile {
 public:
  explicit ElfFile(const std::string& path)
      : file_(path, std::ios::binary), head_(piece(0, sizeof(Elf64_Ehdr))) {}

  [[nodiscard]] bool is_elf() const {
    return head_.size() == sizeof(Elf64_Ehdr) && head_.starts_with(ELFMAG);
  }

  [[nodiscard]] ElfProgram program() {
    ElfProgram program;
    program.machine = number<std::uint16_t>(head_, offsetof(Elf64_Ehdr, e_machine));
    program.is_64 = head_[EI_CLASS] == ELFCLASS64;
    if (program.is_64) {
      program.loader = loader();
    }
    return program;
  }

 private:
  std::string piece(std::uint64_t at, std::uint64_t length) {
    std::string bytes(length, '\0');
    file_.clear();
    file_.seekg(static_cast<std::streamoff>(at));
    file_.read(bytes.data(), static_cast<std::streamsize>(length));
    bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(file_.gcount(), 0)));
    return bytes;
  }

  template <class T>
  [[nodiscard]] T number(const std::string& bytes, std::size_t at) const {
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
      const std::size_t place = head_[EI_DATA] == ELFDATA2MSB ? sizeof(T) - 1 - i : i;
      value |= static_cast<T>(static_cast<T>(static_cast<unsigned char>(bytes[at + i])) << (8 * place));
    }
    return value;
  }

  std::string loader() {
    const auto count = number<std::uint16_t>(head_, offsetof(Elf64_Ehdr, e_phnum));
    const auto table =
        piece(number<std::uint64_t>(head_, offsetof(Elf64_Ehdr, e_phoff)), count * sizeof(Elf64_Phdr));
    for (std::size_t at = 0; at + sizeof(Elf64_Phdr) <= table.size(); at += sizeof(Elf64_Phdr)) {
      if (number<std::uint32_t>(table, at + offsetof(Elf64_Phdr, p_type)) == PT_INTERP) {
        const auto length = number<std::uint64_t>(table, at + offsetof(Elf64_Phdr, p_filesz));
        const auto name = piece(number<std::uint64_t>(table, at + offsetof(Elf64_Phdr, p_offset)),
                                std::min<std::uint64_t>(length, longest_path));
        return name.substr(0, name.find('\0'));
      }
    }
    return "";
  }

  std::ifstream file_;
  std::string head_;
};

}  // namespace

std::optional<ElfProgram> read_elf_program(const std::string& path) {
  ElfFile file(path);
  return file.is_elf() ? std::optional(file.program()) : std::nullopt;
}

}  // namespace assay::wire
