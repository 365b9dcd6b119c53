// SPDX-License-Identifier: GPL-2.0-or-later
#include "image/program_needs.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "image/script.hpp"

#include <elf.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ranges>
#include <utility>

namespace assay::image {
namespace {

constexpr const char* loader_cache = "/etc/ld.so.cache";
/// pthread_exit() and pthread_cancel() load it when they are called (glibc's unwind-link.c).
constexpr const char* unwinder = "libgcc_s.so.1";

std::string value_of(const std::vector<std::string>& environment, std::string_view variable) {
  for (const auto& one : environment) {
    if (one.starts_with(variable) && one.size() > variable.size() && one[variable.size()] == '=') {
      return one.substr(variable.size() + 1);
    }
  }
  return {};
}

std::string normal(const std::string& path) { return fs::path("/" + path).lexically_normal().string(); }

/// "python3.11".
bool is_python(const std::string& name) {
  constexpr std::string_view begin = "python3.";
  return name.starts_with(begin) && name.size() > begin.size() &&
         std::ranges::all_of(name.substr(begin.size()), [](char c) { return c >= '0' && c <= '9'; });
}

/// Of the standard library: tests, what Python writes, windows, other people's packages, what links against
/// it.
bool python_can_do_without(const std::string& name) {
  constexpr std::array names{"__pycache__", "test",       "tests",         "idle_test",     "idlelib",
                             "tkinter",     "turtledemo", "dist-packages", "site-packages", "ensurepip"};
  return std::ranges::find(names, name) != names.end() || name.starts_with("config-") ||
         name.starts_with("_tkinter.");
}

}  // namespace

Result<ProgramNeeds> ProgramNeeds::create(ProgramSource source) {
  auto root = RootFolder::open(source.root);
  auto here = RootFolder::open("/");
  if (!root || !here) {
    return root ? here.error() : root.error();
  }
  ProgramNeeds needs(std::move(source));
  needs.root_ = std::make_unique<RootFolder>(std::move(*root));
  needs.here_ = std::make_unique<RootFolder>(std::move(*here));
  needs.search_.emplace(*needs.root_, needs.source_.arch,
                        value_of(needs.source_.environment, "LD_LIBRARY_PATH"));
  return needs;
}

bool ProgramNeeds::is_brought(const std::string& guest) const { return source_.brought.contains(guest); }

std::string ProgramNeeds::nowhere() const {
  return root_->folder() == "/" ? "not here" : "not in " + root_->folder().string();
}

bool ProgramNeeds::fits(const ElfNeeds& elf) const {
  return elf.is_64 && elf.machine == (source_.arch == Arch::x86_64 ? EM_X86_64 : EM_SPARCV9);
}

/// What the guest gets anyway comes first.
Result<RootFolder::Found> ProgramNeeds::found(const Place& place) const {
  const auto anyway = source_.brought.find(normal(place.guest));
  if (anyway == source_.brought.end()) {
    return place.root->find(place.path);
  }
  std::error_code error;
  if (!fs::exists(anyway->second, error)) {
    return Error(Failure::usage, errno_text(ENOENT));
  }
  return RootFolder::Found{anyway->first, anyway->second, fs::is_directory(anyway->second, error)};
}

std::optional<fs::path> ProgramNeeds::file_here(const std::string& path) const {
  const auto found = root_->find(path);
  return found && !found->is_folder ? std::optional(found->host) : std::nullopt;
}

/// Where the guest has a program. What it gets anyway counts first, wherever in PATH.
std::optional<std::string> ProgramNeeds::path_of(const std::string& program) const {
  const auto is_file = [&](const std::string& path) {
    const auto file = found({root_.get(), path, path});
    return file && !file->is_folder;
  };
  if (program.find('/') != std::string::npos) {
    return is_file(program) ? std::optional(normal(program)) : std::nullopt;
  }
  const auto variable = value_of(source_.environment, "PATH");
  std::vector<std::string> paths;
  for (const auto folder : split(variable, ':')) {
    paths.push_back(normal(std::string(folder) + "/" + program));
  }
  for (const auto& path : paths) {
    if (is_brought(path)) {
      return path;
    }
  }
  const auto first = std::ranges::find_if(paths, is_file);
  return first == paths.end() ? std::nullopt : std::optional(*first);
}

/// Notes a file of the source: with its content where it is, and a link to there where a link of the file or
/// of a folder leads to it. Folders are never links in the guest: modules and what others bring have their
/// places in them. Returns where the guest has the file itself.
std::string ProgramNeeds::keep(const Place& place, const RootFolder::Found& found) {
  auto guest = normal(place.guest);
  if (is_brought(guest)) {
    return guest;
  }
  const bool same_place = place.root == root_.get() && normal(place.path) == guest;
  const auto& real = same_place ? found.path : guest;
  if (!is_brought(real)) {
    files_.try_emplace(real, HostFile{real, found.host, {}});
  }
  if (real != guest) {
    files_.try_emplace(guest, HostFile{guest, {}, real});
  }
  return real;
}

Result<bool> ProgramNeeds::add(const std::string& program) {
  const auto path = path_of(program);
  if (!path) {
    return false;
  }
  const bool is_name = program.find('/') == std::string::npos;
  if (auto added = add_interpreter(*path, is_name ? *path : "it", 0); !added) {
    return added.error();
  }
  return true;
}

Status ProgramNeeds::add_needs_of(const fs::path& here, const std::string& guest) {
  return add_program(place_of(here, guest), here, "it", 0);
}

/// Of a file from here, which may be one of the source.
Place ProgramNeeds::place_of(const fs::path& here, const std::string& guest) const {
  std::error_code error;
  const auto real = fs::canonical(here, error);
  const auto inside = real.lexically_relative(root_->folder()).string();
  const bool is_inside = !inside.starts_with("..");
  return {is_inside ? root_.get() : here_.get(), is_inside ? "/" + inside : real.string(), guest};
}

Status ProgramNeeds::add_program(const Place& place, const fs::path& here, const std::string& who,
                                 int scripts) {
  std::error_code error;
  if (!fs::is_regular_file(here, error)) {
    return {};  // what is read once is the guest's
  }
  const auto elf = read_elf_needs(here);
  if (!elf) {
    return add_interpreters(here, who, scripts);
  }
  return done_.insert(place.guest).second ? add_elf(place, *elf, who) : Status();
}

Status ProgramNeeds::add_interpreters(const fs::path& here, const std::string& who, int scripts) {
  const auto script = read_script(here);
  if (!script) {
    return {};  // the agent tells what a kernel makes of it
  }
  if (scripts == most_scripts) {
    return fail(Failure::usage,
                "it is a script whose interpreter is a script, and so on: a kernel follows {}", most_scripts);
  }
  if (script->interpreter.empty()) {
    return fail(Failure::usage, "the first line of {} names no interpreter",
                who == "it" ? "the script" : who);
  }
  if (auto added = add_interpreter(script->interpreter, who, scripts + 1);
      !added || script->command.empty()) {
    return added;
  }
  const auto command = path_of(script->command);
  return command ? add_interpreter(*command, who, scripts + 1)
                 : fail(Failure::usage, "{} wants the interpreter {}, which is {} in {}", who,
                        script->command, nowhere(), value_of(source_.environment, "PATH"));
}

Status ProgramNeeds::add_interpreter(const std::string& path, const std::string& who, int scripts) {
  const Place asked{root_.get(), path, normal(path)};
  const auto file = found(asked);
  if (!file || file->is_folder) {
    return fail(Failure::usage, "{} wants the interpreter {}, which is {}: {}", who, path, nowhere(),
                file ? "a folder" : file.error().text());
  }
  const auto real = keep(asked, *file);
  return add_program(place_of(file->host, real), file->host, scripts == 0 ? who : asked.guest, scripts);
}

Status ProgramNeeds::add_elf(const Place& place, const ElfNeeds& elf, const std::string& who) {
  if (!fits(elf)) {
    return fail(Failure::usage, "{} was not compiled for {}{}", who, name_of(source_.arch),
                who == "it"
                    ? ""
                    : fmt::format("; {} takes what a program needs from another system", source_.root_words));
  }
  if (elf.interpreter.empty() || is_brought(elf.interpreter)) {
    return {};  // it needs nothing, or they are brought who know what
  }
  if (fs::path(elf.interpreter).filename().string().starts_with("ld-musl-")) {
    return fail(
        Failure::usage,
        "{} needs {}, the loader of musl, which finds its libraries by other rules than glibc's: link "
        "it with -static, or bring loader and libraries by --file",
        who, printable(elf.interpreter));
  }
  const Place loader{root_.get(), elf.interpreter, elf.interpreter};
  const auto file = found(loader);
  const auto loader_elf = file ? read_elf_needs(file->host) : std::nullopt;
  if (!loader_elf || !fits(*loader_elf)) {
    return fail(Failure::usage,
                "{} needs {}, its loader, which is {}: link it with -static, or name by {} a system that "
                "has it",
                who, printable(elf.interpreter), nowhere(), source_.root_words);
  }
  keep(loader, *file);
  if (const auto cache = root_->find(loader_cache)) {
    keep({root_.get(), loader_cache, loader_cache}, *cache);
  }
  Names names{loader_elf->name};
  if (auto added = add_libraries(place, elf, who, names, Missing::is_an_error); !added) {
    return added;
  }
  if (is_python(fs::path(place.path).filename().string())) {
    return add_python(place, names);
  }
  return {};
}

std::optional<ProgramNeeds::Library> ProgramNeeds::library(const std::string& name,
                                                           const std::vector<Loaded>& loaded,
                                                           std::size_t at) const {
  for (const auto& place : search_->places(name, loaded, at)) {
    auto file = found(place);
    auto elf = file && !file->is_folder ? read_elf_needs(file->host) : std::nullopt;
    if (elf && fits(*elf)) {
      return Library{{place, std::move(*elf), at}, is_brought(normal(place.guest)), std::move(*file)};
    }
  }
  return std::nullopt;
}

/// Breadth first, as the loader does: whoever wants a library first decides which one it is for all.
Status ProgramNeeds::add_libraries(const Place& place, const ElfNeeds& elf, const std::string& who,
                                   Names& names, Missing missing) {
  std::vector<Loaded> loaded{{place, elf, 0}};
  const auto load = [&](const std::string& name, std::size_t at) {
    auto one = library(name, loaded, at);
    if (one) {
      keep(one->loaded.place, one->found);
      names.insert({name, one->loaded.elf.name});
      loaded.push_back(std::move(one->loaded));
    }
    return one.has_value();
  };
  for (std::size_t at = 0; at < loaded.size(); ++at) {
    for (const auto& name : std::vector(loaded[at].elf.libraries)) {
      if (!names.contains(name) && !load(name, at) && missing == Missing::is_an_error) {
        return fail(Failure::usage,
                    "{} needs {}, which is {} where its loader looks: install it, or bring it by --file",
                    at == 0 ? who : loaded[at].place.guest, printable(name), nowhere());
      }
    }
  }
  if (names.contains("libc.so.6") && !names.contains(unwinder)) {
    load(unwinder, 0);
  }
  return {};
}

/// The standard library: beside the program, where Python looks first, or where the program was built for.
Status ProgramNeeds::add_python(const Place& place, const Names& names) {
  const auto above = [](const std::string& path) { return fs::path(path).parent_path().parent_path(); };
  const auto below = "lib/" + fs::path(place.path).filename().string();
  const auto library = place.root->find((above(place.path) / below).string());
  if (!library || !library->is_folder) {
    return {};
  }
  const bool is_beside = above(place.guest) != "/";
  const auto guest = above(is_beside ? place.guest : place.path) / below;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(library->host, error), end; !error && entry != end;
       entry.increment(error)) {
    if (python_can_do_without(entry->path().filename().string())) {
      entry.disable_recursion_pending();
      continue;
    }
    const auto name = entry->path().lexically_relative(library->host);
    add_python_file({place.root, (fs::path(library->path) / name).string(), (guest / name).string()}, names);
  }
  return error ? fail(Failure::infrastructure, "cannot read all of Python's library in {}: {}",
                      library->host.string(), error.message())
               : Status();
}

/// An extension whose library is not here is left without, as it is here.
void ProgramNeeds::add_python_file(const Place& place, const Names& names) {
  const auto file = found(place);
  if (!file || file->is_folder) {
    return;
  }
  keep(place, *file);
  if (const auto elf = place.path.ends_with(".so") ? read_elf_needs(file->host) : std::nullopt) {
    auto known = names;
    static_cast<void>(add_libraries(place, *elf, "", known, Missing::is_left_out));
  }
}

std::vector<HostFile> ProgramNeeds::files() const {
  const auto all = files_ | std::views::values;
  return {all.begin(), all.end()};
}

}  // namespace assay::image
