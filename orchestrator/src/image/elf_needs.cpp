// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/elf_needs.hpp"

#include "base/handle.hpp"

#include <fcntl.h>
#include <gelf.h>
#include <sys/stat.h>

#include <memory>
#include <string_view>

namespace assay::image {
namespace {

struct EndElf {
  void operator()(Elf* elf) const { elf_end(elf); }
};

/// By segments alone: a stripped program may have no sections.
class Segments {
 public:
  explicit Segments(Elf* elf) : elf_(elf) {
    std::size_t count = 0;
    elf_getphdrnum(elf, &count);
    for (std::size_t i = 0; i < count; ++i) {
      GElf_Phdr header;
      if (gelf_getphdr(elf, static_cast<int>(i), &header) != nullptr) {
        headers_.push_back(header);
      }
    }
  }

  [[nodiscard]] std::string interpreter() const {
    const auto* header = first(PT_INTERP);
    const auto bytes = header == nullptr ? std::string_view() : chunk(header->p_offset, header->p_filesz);
    return std::string(bytes.substr(0, bytes.find('\0')));
  }

  void read_dynamic(ElfNeeds& needs) const {
    const auto* header = first(PT_DYNAMIC);
    Elf_Data* data = header == nullptr
                         ? nullptr
                         : elf_getdata_rawchunk(elf_, static_cast<std::int64_t>(header->p_offset),
                                                header->p_filesz, ELF_T_DYN);
    std::vector<GElf_Dyn> entries;
    GElf_Dyn entry;
    for (int i = 0; data != nullptr && gelf_getdyn(data, i, &entry) != nullptr && entry.d_tag != DT_NULL;
         ++i) {
      entries.push_back(entry);
    }
    const auto strings = strings_of(entries);
    for (const auto& one : entries) {
      const auto rest = one.d_un.d_val < strings.size() ? strings.substr(one.d_un.d_val) : "";
      std::string text(rest.substr(0, rest.find('\0')));
      switch (one.d_tag) {
        case DT_NEEDED:
          needs.libraries.push_back(std::move(text));
          break;
        case DT_SONAME:
          needs.name = std::move(text);
          break;
        case DT_RPATH:
          needs.rpath = std::move(text);
          break;
        case DT_RUNPATH:
          needs.runpath = std::move(text);
          break;
        default:
          break;
      }
    }
  }

 private:
  [[nodiscard]] const GElf_Phdr* first(unsigned type) const {
    for (const auto& header : headers_) {
      if (header.p_type == type) {
        return &header;
      }
    }
    return nullptr;
  }

  /// "" when it is not all in the file.
  [[nodiscard]] std::string_view chunk(std::uint64_t offset, std::uint64_t size) const {
    const Elf_Data* data = elf_getdata_rawchunk(elf_, static_cast<std::int64_t>(offset), size, ELF_T_BYTE);
    return data == nullptr ? std::string_view()
                           : std::string_view(static_cast<const char*>(data->d_buf), data->d_size);
  }

  [[nodiscard]] std::string_view strings_of(const std::vector<GElf_Dyn>& entries) const {
    std::uint64_t address = 0;
    std::uint64_t size = 0;
    for (const auto& entry : entries) {
      address = entry.d_tag == DT_STRTAB ? entry.d_un.d_ptr : address;
      size = entry.d_tag == DT_STRSZ ? entry.d_un.d_val : size;
    }
    for (const auto& header : headers_) {
      if (header.p_type == PT_LOAD && address >= header.p_vaddr &&
          address - header.p_vaddr < header.p_filesz) {
        return chunk(address - header.p_vaddr + header.p_offset, size);
      }
    }
    return {};
  }

  Elf* elf_;
  std::vector<GElf_Phdr> headers_;
};

}  // namespace

std::optional<ElfNeeds> read_elf_needs(const std::filesystem::path& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return std::nullopt;  // a FIFO is read once, by others
  }
  elf_version(EV_CURRENT);
  const std::unique_ptr<Elf, EndElf> elf(elf_begin(file.get(), ELF_C_READ, nullptr));
  GElf_Ehdr header;
  if (!elf || elf_kind(elf.get()) != ELF_K_ELF || gelf_getehdr(elf.get(), &header) == nullptr) {
    return std::nullopt;
  }
  ElfNeeds needs;
  needs.machine = header.e_machine;
  needs.is_64 = header.e_ident[EI_CLASS] == ELFCLASS64;
  const Segments segments(elf.get());
  needs.interpreter = segments.interpreter();
  segments.read_dynamic(needs);
  if (!needs.runpath.empty()) {
    needs.rpath.clear();
  }
  return needs;
}

}  // namespace assay::image
