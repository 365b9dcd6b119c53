// SPDX-License-Identifier: GPL-2.0-or-later
#include "probe/dwarf_walk.hpp"

#include <dwarf.h>
#include <elfutils/libdw.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <set>
#include <tuple>
#include <utility>

namespace assay::probe {
namespace {

/// Calls `visit` with the top DIE of each compilation unit.
void for_each_unit(Dwarf* dwarf, const std::function<void(Dwarf_Die&)>& visit) {
  Dwarf_CU* unit = nullptr;
  Dwarf_Half version = 0;
  std::uint8_t type = 0;
  Dwarf_Die top{};
  Dwarf_Die sub{};
  while (dwarf_get_units(dwarf, unit, &unit, &version, &type, &top, &sub) == 0) {
    if (type == DW_UT_compile) {
      visit(top);
    }
  }
}

/// What an inlined or cloned body is a copy of; the DIE itself otherwise.
Dwarf_Off origin_of(Dwarf_Die& die) {
  Dwarf_Die origin = die;
  Dwarf_Attribute attribute{};
  while (dwarf_attr(&origin, DW_AT_abstract_origin, &attribute) != nullptr) {
    Dwarf_Die next{};
    if (dwarf_formref_die(&attribute, &next) == nullptr) {
      break;
    }
    origin = next;
  }
  return dwarf_dieoffset(&origin);
}

std::vector<CodeRange> ranges_of(Dwarf_Die& die) {
  std::vector<CodeRange> ranges;
  Dwarf_Addr base = 0;
  Dwarf_Addr begin = 0;
  Dwarf_Addr end = 0;
  std::ptrdiff_t next = 0;
  while ((next = dwarf_ranges(&die, next, &base, &begin, &end)) > 0) {
    if (begin < end) {
      ranges.push_back({begin, end});
    }
  }
  return ranges;
}

class CopyFinder {
 public:
  void visit(Dwarf_Die& die) {
    const int tag = dwarf_tag(&die);
    const bool is_function = tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine;
    const bool opened = is_function && enter(die, tag == DW_TAG_inlined_subroutine);
    Dwarf_Die child{};
    if (dwarf_child(&die, &child) == 0) {
      do {
        visit(child);
      } while (dwarf_siblingof(&child, &child) == 0);
    }
    if (opened) {
      origins_.pop_back();
    }
  }

  std::vector<FoundCopy> take() { return std::move(copies_); }

 private:
  bool enter(Dwarf_Die& die, bool inlined) {
    auto ranges = ranges_of(die);
    const char* name = dwarf_diename(&die);
    if (ranges.empty() || name == nullptr) {
      return false;
    }
    const auto origin = origin_of(die);
    FoundCopy copy;
    copy.name = name;
    copy.die = dwarf_dieoffset(&die);
    copy.depth = static_cast<unsigned>(origins_.size());
    copy.inlined = inlined;
    copy.nested_in_itself = std::find(origins_.begin(), origins_.end(), origin) != origins_.end();
    Dwarf_Addr entry = 0;
    copy.entry = dwarf_entrypc(&die, &entry) == 0 ? entry : ranges.front().begin;
    copy.ranges = std::move(ranges);
    copies_.push_back(std::move(copy));
    origins_.push_back(origin);
    return true;
  }

  std::vector<Dwarf_Off> origins_;  ///< of the functions around the current DIE
  std::vector<FoundCopy> copies_;
};

/// The folder in which the unit was compiled.
std::string root_of(Dwarf_Die& unit) {
  Dwarf_Attribute attribute{};
  const char* text =
      dwarf_attr(&unit, DW_AT_comp_dir, &attribute) != nullptr ? dwarf_formstring(&attribute) : nullptr;
  return text != nullptr ? text : "";
}

void for_each_file(Dwarf_Die& unit, const std::function<void(std::string)>& visit) {
  Dwarf_Files* files = nullptr;
  std::size_t count = 0;
  if (dwarf_getsrcfiles(&unit, &files, &count) != 0) {
    return;
  }
  const auto root = root_of(unit);
  for (std::size_t i = 0; i < count; ++i) {
    if (const char* path = dwarf_filesrc(files, i, nullptr, nullptr); path != nullptr) {
      visit(source_path(path, root));
    }
  }
}

bool is_wanted(std::string_view path, const std::vector<std::string>& files) {
  return std::any_of(files.begin(), files.end(),
                     [path](const auto& file) { return path_ends_in(path, file); });
}

void add_rows(Dwarf_Die& unit, const std::vector<std::string>& files, std::vector<LineRow>& rows) {
  Dwarf_Lines* lines = nullptr;
  std::size_t count = 0;
  if (dwarf_getsrclines(&unit, &lines, &count) != 0) {
    return;
  }
  const auto root = root_of(unit);
  const char* last_source = nullptr;
  std::string path;
  bool wanted = false;
  for (std::size_t i = 0; i < count; ++i) {
    Dwarf_Line* line = dwarf_onesrcline(lines, i);
    const char* source = dwarf_linesrc(line, nullptr, nullptr);
    if (source != last_source && source != nullptr) {
      last_source = source;
      path = source_path(source, root);
      wanted = is_wanted(path, files);
    }
    bool ends = false;
    int number = 0;
    Dwarf_Addr address = 0;
    if (wanted && dwarf_lineendsequence(line, &ends) == 0 && !ends && dwarf_lineno(line, &number) == 0 &&
        number > 0 && dwarf_lineaddr(line, &address) == 0) {
      rows.push_back({path, static_cast<unsigned>(number), address});
    }
  }
}

/// A line that only calls an inlined function has no row of its own: its code is that of the copy.
class CallLines {
 public:
  CallLines(Dwarf_Die& unit, const std::vector<std::string>& files, std::vector<LineRow>& rows)
      : files_(files), rows_(rows), root_(root_of(unit)) {
    std::size_t count = 0;
    if (dwarf_getsrcfiles(&unit, &sources_, &count) != 0) {
      sources_ = nullptr;
    }
  }

  void visit(Dwarf_Die& die) {
    if (dwarf_tag(&die) == DW_TAG_inlined_subroutine && sources_ != nullptr) {
      add(die);
    }
    Dwarf_Die child{};
    if (dwarf_child(&die, &child) == 0) {
      do {
        visit(child);
      } while (dwarf_siblingof(&child, &child) == 0);
    }
  }

 private:
  void add(Dwarf_Die& die) {
    const auto line = number(die, DW_AT_call_line);
    const char* source = dwarf_filesrc(sources_, number(die, DW_AT_call_file), nullptr, nullptr);
    const auto path = source != nullptr ? source_path(source, root_) : std::string();
    if (line == 0 || !is_wanted(path, files_)) {
      return;
    }
    for (const auto& range : ranges_of(die)) {
      rows_.push_back({path, static_cast<unsigned>(line), range.begin});
    }
  }

  static Dwarf_Word number(Dwarf_Die& die, unsigned name) {
    Dwarf_Attribute attribute{};
    Dwarf_Word value = 0;
    return dwarf_attr(&die, name, &attribute) != nullptr && dwarf_formudata(&attribute, &value) == 0 ? value
                                                                                                     : 0;
  }

  const std::vector<std::string>& files_;
  std::vector<LineRow>& rows_;
  std::string root_;
  Dwarf_Files* sources_ = nullptr;
};

void add_function_lines(Dwarf_Die& die, const std::string& root, const std::vector<std::string>& files,
                        std::vector<LineRow>& rows) {
  const int tag = dwarf_tag(&die);
  int line = 0;
  const char* source = dwarf_decl_file(&die);
  if ((tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine) && source != nullptr &&
      dwarf_decl_line(&die, &line) == 0 && !ranges_of(die).empty()) {
    const auto path = source_path(source, root);
    if (is_wanted(path, files)) {
      rows.push_back({path, static_cast<unsigned>(line), 0});
    }
  }
  Dwarf_Die child{};
  if (dwarf_child(&die, &child) == 0) {
    do {
      add_function_lines(child, root, files, rows);
    } while (dwarf_siblingof(&child, &child) == 0);
  }
}

/// Only the units that have something of one of the files.
void for_each_unit_of(Dwarf* dwarf, const std::vector<std::string>& files,
                      const std::function<void(Dwarf_Die&)>& visit) {
  for_each_unit(dwarf, [&](Dwarf_Die& unit) {
    bool has = false;
    for_each_file(unit, [&](const std::string& path) { has = has || is_wanted(path, files); });
    if (has) {
      visit(unit);
    }
  });
}

/// Each row once.
std::vector<LineRow> in_order(std::vector<LineRow> rows) {
  const auto key = [](const LineRow& row) { return std::tie(row.file, row.line, row.address); };
  std::sort(rows.begin(), rows.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
  rows.erase(
      std::unique(rows.begin(), rows.end(), [&](const auto& a, const auto& b) { return key(a) == key(b); }),
      rows.end());
  return rows;
}

}  // namespace

std::vector<FoundCopy> find_copies(Dwarf* dwarf) {
  CopyFinder finder;
  for_each_unit(dwarf, [&finder](Dwarf_Die& unit) { finder.visit(unit); });
  return finder.take();
}

std::vector<LineRow> find_rows(Dwarf* dwarf, const std::vector<std::string>& files) {
  std::vector<LineRow> rows;
  for_each_unit_of(dwarf, files, [&](Dwarf_Die& unit) {
    add_rows(unit, files, rows);
    CallLines(unit, files, rows).visit(unit);
  });
  return in_order(std::move(rows));
}

std::vector<LineRow> find_function_lines(Dwarf* dwarf, const std::vector<std::string>& files) {
  std::vector<LineRow> rows;
  for_each_unit_of(dwarf, files,
                   [&](Dwarf_Die& unit) { add_function_lines(unit, root_of(unit), files, rows); });
  return in_order(std::move(rows));
}

std::vector<std::string> find_source_files(Dwarf* dwarf) {
  std::set<std::string> files;
  for_each_unit(dwarf, [&files](Dwarf_Die& unit) {
    for_each_file(unit, [&files](std::string path) { files.insert(std::move(path)); });
  });
  return {files.begin(), files.end()};
}

std::string source_path(std::string_view path, std::string_view root) {
  while (path.starts_with("./")) {
    path.remove_prefix(2);
  }
  if (root.size() > 1 && path.starts_with(root) && path.size() > root.size() && path[root.size()] == '/') {
    path.remove_prefix(root.size() + 1);
  }
  return std::filesystem::path(path).lexically_normal().string();
}

bool path_ends_in(std::string_view path, std::string_view wanted) {
  return !wanted.empty() && path.ends_with(wanted) &&
         (path.size() == wanted.size() || path[path.size() - wanted.size() - 1] == '/');
}

}  // namespace assay::probe
