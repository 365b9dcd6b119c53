// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "base/arch.hpp"
#include "base/error.hpp"
#include "image/initramfs.hpp"
#include "image/library_search.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace assay::image {

/// Where programs of a guest, and what they need, come from.
struct ProgramSource {
  Arch arch = Arch::x86_64;
  std::filesystem::path root = "/";                      ///< of the system that has them
  std::map<std::string, std::filesystem::path> brought;  ///< what the guest gets anyway, by its path there
  std::vector<std::string> environment;                  ///< of the program: PATH and LD_LIBRARY_PATH count
  std::string root_words = "--root DIR";                 ///< how a user says the root, for messages
};

/// Collects what programs need to run in a guest that has nothing: loader and shared libraries, the
/// interpreters of scripts, Python's standard library. Files are read, nothing is executed: `ldd` and
/// `ld.so --list` run code of the program's, cannot look into the root of another architecture, and know
/// nothing of what the guest gets beside.
class ProgramNeeds {
 public:
  /// Error: usage, when the root is no folder.
  [[nodiscard]] static Result<ProgramNeeds> create(ProgramSource source);

  /// A program of the source, by its name, which is looked for in PATH of the guest, or by its path. Itself
  /// comes along, too, if the guest does not get it anyway. False: there is none. Error: usage.
  [[nodiscard]] Result<bool> add(const std::string& program);
  /// Of a program from here that the guest gets at `guest`; what is no program needs nothing. Error: usage.
  [[nodiscard]] Status add_needs_of(const std::filesystem::path& here, const std::string& guest);
  /// Where a path of the source leads to, from here. Nothing when there is no file.
  [[nodiscard]] std::optional<std::filesystem::path> file_here(const std::string& path) const;

  /// What the guest does not get anyway, by its path there.
  [[nodiscard]] std::vector<HostFile> files() const;

 private:
  using Names = std::set<std::string>;
  struct Library {
    Loaded loaded;
    bool is_brought = false;
    RootFolder::Found found;
  };
  enum class Missing : bool { is_an_error, is_left_out };

  explicit ProgramNeeds(ProgramSource source) : source_(std::move(source)) {}

  [[nodiscard]] std::optional<std::string> path_of(const std::string& program) const;
  [[nodiscard]] Result<RootFolder::Found> found(const Place& place) const;
  [[nodiscard]] bool is_brought(const std::string& guest) const;
  [[nodiscard]] Place place_of(const std::filesystem::path& here, const std::string& guest) const;
  std::string keep(const Place& place, const RootFolder::Found& found);
  [[nodiscard]] bool fits(const ElfNeeds& elf) const;
  [[nodiscard]] std::string nowhere() const;

  Status add_program(const Place& place, const std::filesystem::path& here, const std::string& who,
                     int scripts);
  Status add_interpreters(const std::filesystem::path& here, const std::string& who, int scripts);
  Status add_interpreter(const std::string& path, const std::string& who, int scripts);
  Status add_elf(const Place& place, const ElfNeeds& elf, const std::string& who);
  [[nodiscard]] std::optional<Library> library(const std::string& name, const std::vector<Loaded>& loaded,
                                               std::size_t at) const;
  Status add_libraries(const Place& place, const ElfNeeds& elf, const std::string& who, Names& names,
                       Missing missing);
  Status add_python(const Place& place, const Names& names);
  void add_python_file(const Place& place, const Names& names);

  ProgramSource source_;
  std::unique_ptr<RootFolder> root_;  ///< of the source
  std::unique_ptr<RootFolder> here_;  ///< of this host
  std::optional<LibrarySearch> search_;
  std::map<std::string, HostFile> files_;
  Names done_;  ///< programs, by path in the guest
};

}  // namespace assay::image
