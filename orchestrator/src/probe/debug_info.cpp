// SPDX-License-Identifier: GPL-2.0-or-later
#include "probe/debug_info.hpp"

#include "base/handle.hpp"
#include "base/text.hpp"
#include "probe/dwarf_walk.hpp"

#include <elfutils/libdw.h>
#include <fcntl.h>
#include <gelf.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>

namespace assay::probe {
namespace {

namespace fs = std::filesystem;

struct EndDwarf {
  void operator()(Dwarf* dwarf) const { dwarf_end(dwarf); }
};
struct EndElf {
  void operator()(Elf* elf) const { elf_end(elf); }
};

/// The function symbols of an ELF file, by address.
std::vector<CodeSymbol> read_symbols(Elf* elf) {
  std::vector<CodeSymbol> symbols;
  Elf_Scn* section = nullptr;
  while ((section = elf_nextscn(elf, section)) != nullptr) {
    GElf_Shdr header{};
    if (gelf_getshdr(section, &header) == nullptr || header.sh_type != SHT_SYMTAB || header.sh_entsize == 0) {
      continue;
    }
    Elf_Data* data = elf_getdata(section, nullptr);
    for (std::size_t i = 0; data != nullptr && i < header.sh_size / header.sh_entsize; ++i) {
      GElf_Sym symbol{};
      if (gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr || symbol.st_shndx == SHN_UNDEF) {
        continue;
      }
      const auto type = GELF_ST_TYPE(symbol.st_info);
      const char* name = elf_strptr(elf, header.sh_link, symbol.st_name);
      if ((type == STT_FUNC || type == STT_NOTYPE) && name != nullptr && *name != '\0') {
        symbols.push_back({name, symbol.st_value, type == STT_FUNC ? symbol.st_size : 0});
      }
    }
  }
  std::stable_sort(symbols.begin(), symbols.end(),
                   [](const auto& a, const auto& b) { return a.address < b.address; });
  return symbols;
}

/// "foo" of "foo.constprop.0", "foo.isra.0.cold".
std::string_view plain_name(std::string_view symbol) { return symbol.substr(0, symbol.find('.')); }

bool is_piece(std::string_view symbol) {
  return symbol.find(".part.") != std::string_view::npos || symbol.find(".cold") != std::string_view::npos;
}

}  // namespace

/// Owns the libraries' handles and what was read so far.
class DebugInfo::Reader {
 public:
  Reader(fs::path file, UniqueFd fd, std::unique_ptr<Elf, EndElf> elf, std::unique_ptr<Dwarf, EndDwarf> dwarf)
      : file_(std::move(file)), fd_(std::move(fd)), elf_(std::move(elf)), dwarf_(std::move(dwarf)) {
    symbols_ = read_symbols(elf_.get());
  }

  [[nodiscard]] const fs::path& file() const { return file_; }
  [[nodiscard]] bool has_lines() const { return dwarf_ != nullptr; }
  [[nodiscard]] const std::vector<CodeSymbol>& symbols() const { return symbols_; }
  [[nodiscard]] Dwarf* dwarf() const { return dwarf_.get(); }

  /// Walks all of the debug information at the first call.
  [[nodiscard]] const std::vector<FoundCopy>& copies() {
    if (!copies_) {
      copies_ = dwarf_ != nullptr ? find_copies(dwarf_.get()) : std::vector<FoundCopy>();
    }
    return *copies_;
  }

 private:
  fs::path file_;
  UniqueFd fd_;
  std::unique_ptr<Elf, EndElf> elf_;
  std::unique_ptr<Dwarf, EndDwarf> dwarf_;  ///< null when there is no debug information
  std::vector<CodeSymbol> symbols_;
  std::optional<std::vector<FoundCopy>> copies_;
};

Result<DebugInfo> DebugInfo::open(const fs::path& vmlinux) {
  UniqueFd fd(::open(vmlinux.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    return fail(Failure::infrastructure, "cannot read {}: {}", vmlinux.string(), errno_text(errno));
  }
  elf_version(EV_CURRENT);
  std::unique_ptr<Elf, EndElf> elf(elf_begin(fd.get(), ELF_C_READ_MMAP, nullptr));
  if (elf == nullptr || elf_kind(elf.get()) != ELF_K_ELF) {
    return fail(Failure::infrastructure, "cannot read {}: it is not an ELF file", vmlinux.string());
  }
  std::unique_ptr<Dwarf, EndDwarf> dwarf(dwarf_begin_elf(elf.get(), DWARF_C_READ, nullptr));
  return DebugInfo(std::make_unique<Reader>(vmlinux, std::move(fd), std::move(elf), std::move(dwarf)));
}

DebugInfo::DebugInfo(std::unique_ptr<Reader> reader) : reader_(std::move(reader)) {}
DebugInfo::DebugInfo(DebugInfo&&) noexcept = default;
DebugInfo& DebugInfo::operator=(DebugInfo&&) noexcept = default;
DebugInfo::~DebugInfo() = default;

const fs::path& DebugInfo::file() const { return reader_->file(); }
bool DebugInfo::has_lines() const { return reader_->has_lines(); }

std::vector<CodeSymbol> DebugInfo::symbols_named(std::string_view name) const {
  std::vector<CodeSymbol> found;
  for (const auto& symbol : reader_->symbols()) {
    const bool again = !found.empty() && found.back().address == symbol.address;
    if (symbol.name == name && !again) {
      found.push_back(symbol);
    }
  }
  return found;
}

const CodeSymbol* DebugInfo::symbol_at(std::uint64_t address) const {
  const auto& symbols = reader_->symbols();
  auto after = std::upper_bound(symbols.begin(), symbols.end(), address,
                                [](std::uint64_t at, const auto& symbol) { return at < symbol.address; });
  while (after != symbols.begin()) {
    --after;
    if (after->size > 0) {
      return address < after->address + after->size ? &*after : nullptr;
    }
  }
  return nullptr;
}

std::vector<FunctionCopy> DebugInfo::copies_of(std::string_view function) const {
  std::vector<FunctionCopy> found;
  for (const auto& copy : reader_->copies()) {
    if (copy.name == function) {
      const auto* symbol = symbol_at(copy.entry);
      const auto name = symbol != nullptr ? symbol->name : std::string();
      found.push_back({copy.entry, copy.ranges, name, copy.inlined,
                       copy.nested_in_itself || (!copy.inlined && is_piece(name))});
    }
  }
  if (!found.empty()) {
    return found;
  }
  // Assembly has no debug information, and some kernels have none at all.
  for (const auto& symbol : reader_->symbols()) {
    if (symbol.size > 0 && (symbol.name == function || plain_name(symbol.name) == function)) {
      found.push_back({symbol.address,
                       {{symbol.address, symbol.address + symbol.size}},
                       symbol.name,
                       false,
                       is_piece(symbol.name)});
    }
  }
  return found;
}

std::vector<std::string> DebugInfo::function_names() const {
  std::set<std::string_view> names;
  for (const auto& copy : reader_->copies()) {
    names.insert(copy.name);
  }
  for (const auto& symbol : reader_->symbols()) {
    if (symbol.size > 0) {
      names.insert(plain_name(symbol.name));
    }
  }
  return {names.begin(), names.end()};
}

std::vector<LineRow> DebugInfo::rows_of(const std::vector<std::string>& files) const {
  return reader_->has_lines() ? find_rows(reader_->dwarf(), files) : std::vector<LineRow>();
}

std::vector<LineRow> DebugInfo::function_lines_of(const std::vector<std::string>& files) const {
  return reader_->has_lines() ? find_function_lines(reader_->dwarf(), files) : std::vector<LineRow>();
}

std::vector<std::string> DebugInfo::source_files() const {
  return reader_->has_lines() ? find_source_files(reader_->dwarf()) : std::vector<std::string>();
}

std::uint64_t DebugInfo::scope_of(std::uint64_t address) const {
  const FoundCopy* innermost = nullptr;
  for (const auto& copy : reader_->copies()) {
    const bool holds = std::any_of(copy.ranges.begin(), copy.ranges.end(),
                                   [address](const auto& range) { return range.holds(address); });
    // Deeper ones come after those they lie in.
    if (holds && (innermost == nullptr || copy.depth >= innermost->depth)) {
      innermost = &copy;
    }
  }
  return innermost != nullptr ? innermost->die : 0;
}

}  // namespace assay::probe
