import { describe, expect, it } from 'vitest';
import {
  beside,
  build,
  bytes,
  call,
  dict,
  FALSE,
  type Fragment,
  get,
  global,
  int,
  list,
  NONE,
  newObject,
  orderedDict,
  pickle,
  put,
  stackGlobal,
  storage,
  TRUE,
  tensor,
  text,
  tuple,
} from './assemble.ts';
import { usePlace } from './place.ts';

const { readPickle, trace } = usePlace();
const command = text(`touch ${trace}`);

/** What a pickle could name to run code, read, write or reach the network; and near misses of what is allowed. */
const GLOBALS = `
os.system os.popen os.execv os.spawnlp os.remove os.listdir posix.system posix.fork nt.system
subprocess.Popen subprocess.call subprocess.run subprocess.check_output subprocess.getoutput
builtins.eval builtins.exec builtins.compile builtins.getattr builtins.setattr builtins.open builtins.__import__ builtins.input
builtins.globals builtins.vars builtins.map builtins.filter builtins.breakpoint builtins.object builtins.type builtins.print
builtins.str builtins.bytearray builtins.complex builtins.range builtins.slice builtins.tuple builtins.bool builtins.super
__builtin__.eval __builtin__.execfile __builtin__.apply __builtin__.file __builtin__.reduce __builtin__.getattr
runpy.run_path runpy._run_code importlib.import_module importlib.machinery.SourceFileLoader imp.load_source pkgutil.get_loader
code.InteractiveInterpreter codeop.compile_command pty.spawn pdb.run bdb.Bdb cProfile.run profile.runctx timeit.timeit trace.Trace
doctest.debug_script marshal.loads pickle.loads pickle.Unpickler _pickle.loads cPickle.loads dill.loads cloudpickle.loads joblib.load
shelve.open yaml.load types.CodeType types.FunctionType types.MethodType functools.partial functools.reduce
operator.attrgetter operator.methodcaller operator.itemgetter itertools.starmap copyreg._reconstructor copyreg.__newobj__
copyreg.add_extension copy_reg._reconstructor ctypes.CDLL ctypes.pythonapi _ctypes.dlopen multiprocessing.Process threading.Thread
asyncio.create_subprocess_shell sys.exit sys.settrace sys.modules signal.signal gc.get_objects atexit.register
socket.socket socket.create_connection ssl.get_server_certificate urllib.request.urlopen urllib2.urlopen http.client.HTTPConnection
requests.get smtplib.SMTP ftplib.FTP webbrowser.open pip.main venv.create ensurepip.bootstrap
shutil.rmtree shutil.copy pathlib.PosixPath pathlib.Path tempfile.mktemp glob.glob io.open io.FileIO codecs.open linecache.getlines
zipfile.ZipFile tarfile.open sqlite3.connect logging.config.listen
torch.load torch.save torch.jit.load torch.jit._recursive.create_script_module torch.hub.load torch.package.PackageImporter
torch.utils.cpp_extension.load torch.storage._load_from_bytes torch.serialization.load torch.serialization._get_layout
torch._utils._rebuild_tensor torch._utils._rebuild_qtensor torch._utils._rebuild_sparse_tensor
torch._utils._rebuild_parameter_with_state torch._utils._rebuild_wrapper_subclass torch._tensor._rebuild_from_type_v2
torch.nn.modules.linear.Linear torch.nn.parameter.Parameter torch.Tensor torch.tensor torch.from_file torch.FloatTensor
torch.distributed.rpc.rpc_sync torch.distributed.launcher.api.launch_agent torch.optim.adamw.AdamW torch.classes torch.ops
torch.QInt8Storage torch.cuda.FloatStorage torch.FloatStorage.from_file torch.float33
numpy.load numpy.core.multiarray.fromfile numpy.core.multiarray.frombuffer numpy.frombuffer numpy.memmap numpy.matrix
numpy.f2py.crackfortran.getlincoef numpy.testing._private.utils.runstring numpy.random._pickle.__randomstate_ctor
numpy.ma.core._mareconstruct numpy._core.numeric._frombuffer numpy.lib.npyio.load numpy.recarray
pandas.eval pandas.read_pickle lib2to3.pgen2.grammar.Grammar sklearn.svm.SVC tensorflow.io.read_file
datetime.datetime decimal.Decimal uuid.UUID collections.namedtuple collections.ChainMap collections.deque argparse.FileType
_codecs.decode _codecs.lookup codecs.encode __main__.Model models.yolo.Model mmengine.logging.HistoryBuffer ultralytics.nn.tasks.Model
collections.OrderedDict.__class__ collections.OrderedDict.fromkeys argparse.Namespace.__init__ builtins.dict.fromkeys
Collections.OrderedDict collections.ordereddict collections.OrderedDict_ _collections.OrderedDict
builtins.constructor builtins.__proto__ builtins.hasOwnProperty collections.__proto__ collections.constructor
`
  .trim()
  .split(/\s+/);

const split = (name: string) => {
  const dot = /^(.*?[^.])\.((?:__)?\w+)$/.exec(name) as RegExpExecArray;
  return [dot[1] as string, dot[2] as string] as const;
};

describe('globals are refused by name, used or not', () => {
  it.each(GLOBALS)('%s', async (name) => {
    const [module, member] = split(name);
    for (const [form, opcode] of [
      [global, 'GLOBAL'],
      [stackGlobal, 'STACK_GLOBAL'],
    ] as const)
      for (const used of [call(form(module, member), command), form(module, member)]) {
        const { code, message } = await readPickle(beside(used));
        expect([opcode, code]).toEqual([opcode, 'refused-global']);
        expect(message).toContain(`refused global ${name} at byte `);
        expect(message).toContain('Nothing was run');
      }
  });

  it.each<[string, string, string]>([
    ['letters that only look the same', '\u03bfs', 'system'],
    ['a space before', ' collections', 'OrderedDict'],
    ['a space behind', 'collections', 'OrderedDict '],
    ['a carriage return', 'collections\r', 'OrderedDict\r'],
    ['a null byte', 'collections', 'OrderedDict\0'],
    ['an empty module', '', 'OrderedDict'],
    ['an empty name', 'collections', ''],
    ['a path in the name', 'collections', 'abc.OrderedDict'],
    ['a module inside numpy', 'numpy._core.multiarray_', 'scalar'],
  ])('%s', async (_, module, member) => {
    expect((await readPickle(beside(global(module, member)))).code).toBe('refused-global');
    expect((await readPickle(beside(stackGlobal(module, member)))).code).toBe('refused-global');
  });

  it('a name put together from remembered text is refused all the same', async () => {
    const built = `${text('os')}${put(1)}${text('system')}${put(2)}${get(1)}${get(2)}\x93`;
    const { code, message } = await readPickle(pickle(`(${built}${command}t`));
    expect([code, message]).toEqual(['refused-global', expect.stringContaining('os.system')]);
  });

  it('a name that is no text', async () => {
    expect((await readPickle(beside(`${int(1)}${text('system')}\x93`))).code).toBe('bad-pickle');
    expect((await readPickle(beside(`${text('os')}${list()}\x93`))).code).toBe('bad-pickle');
  });

  it('a name without an end', async () => {
    expect((await readPickle(beside(`c${'x'.repeat(5000)}`))).code).toBe('too-large');
    expect((await readPickle(pickle('cos'))).code).toBe('truncated');
  });
});

describe('opcodes that are refused', () => {
  it.each([
    ['POP', `${int(1)}0`],
    ['POP_MARK', '(1'],
    ['DUP', `${int(1)}2`],
    ['FLOAT', 'F1.5\n'],
    ['INT', 'I1\n'],
    ['LONG', 'L1L\n'],
    ['PERSID', 'P0\n'],
    ['STRING', "S'os'\n"],
    ['UNICODE', 'Vos\n'],
    ['DICT', '(d'],
    ['GET', 'g0\n'],
    ['LIST', '(l'],
    ['PUT', `${int(1)}p0\n`],
    ['INST', `(${command}ios\nsystem\n`],
    ['OBJ', `(${global('collections', 'OrderedDict')}${command}o`],
    ['EXT1', '\x82\x01'],
    ['EXT2', '\x83\x01\x00'],
    ['EXT4', '\x84\x01\x00\x00\x00'],
    ['NEWOBJ_EX', `${global('argparse', 'Namespace')})}\x92`],
    ['NEXT_BUFFER', '\x97'],
    ['READONLY_BUFFER', '\x98'],
    ['PROTO in mid-stream', '\x80\x02'],
  ])('%s', async (name, fragment) => {
    const { code, message } = await readPickle(pickle(fragment));
    expect([code, message]).toEqual([
      'refused-opcode',
      expect.stringMatching(new RegExp(`refused opcode ${name} at byte \\d+`)),
    ]);
  });
});

describe('calls that are refused', () => {
  const ordered = global('collections', 'OrderedDict');
  const namespace = newObject(global('argparse', 'Namespace'));
  const encode = global('_codecs', 'encode');
  const dtype = (code: string) => call(global('numpy', 'dtype'), text(code), FALSE, TRUE);
  const callees: readonly (readonly [string, Fragment])[] = [
    ['text', text('os.system')],
    ['a number', int(1)],
    ['None', NONE],
    ['a tuple', tuple(text('os'), text('system'))],
    ['a list', list()],
    ['a mapping', dict()],
    ['bytes', bytes('os')],
    ['a storage', storage()],
    ['a tensor', tensor()],
    ['what a call gave', call(ordered)],
    ['what a call of a call gave', call(call(ordered))],
    ['builtins.dict', global('builtins', 'dict')],
    ['builtins.list', global('builtins', 'list')],
    ['builtins.int', global('__builtin__', 'int')],
    ['builtins.float', global('builtins', 'float')],
    ['numpy.ndarray', global('numpy', 'ndarray')],
    ['argparse.Namespace', global('argparse', 'Namespace')],
    ['torch.FloatStorage', global('torch', 'FloatStorage')],
    ['torch.UntypedStorage', global('torch.storage', 'UntypedStorage')],
    ['torch.float16', global('torch', 'float16')],
  ];
  it.each(callees)('REDUCE of %s', async (_, callee) => {
    const { code, message } = await readPickle(beside(call(callee, command)));
    expect([code, message]).toEqual(['refused-call', expect.stringMatching(/refused call of .* at byte \d+/)]);
  });
  it.each([...callees, ['collections.OrderedDict', ordered], ['torch.Size', global('torch', 'Size')]] as const)(
    'NEWOBJ of %s',
    async (name, callee) => {
      const { code } = await readPickle(beside(newObject(callee, command)));
      expect([name, code]).toEqual([name, 'refused-call']);
    },
  );

  const states: readonly (readonly [string, Fragment])[] = [
    ['__setstate__', dict([text('__setstate__'), global('collections', 'OrderedDict')])],
    ['__reduce__', dict([text('__reduce__'), text('os.system')])],
    ['__class__', dict([text('__class__'), text('x')])],
    ['_metadata and more', dict([text('_metadata'), orderedDict()], [text('__dict__'), dict()])],
    ['slots', tuple(NONE, dict([text('x'), int(1)]))],
  ];
  it.each(states)('BUILD of an OrderedDict with %s', async (_, state) => {
    expect((await readPickle(beside(build(call(ordered), state)))).code).toBe('refused-call');
  });
  it.each([
    ['a mapping', dict()],
    ['a list', list()],
    ['a tuple', tuple()],
    ['text', text('x')],
    ['a number', int(1)],
    ['a class', ordered],
    ['a storage', storage()],
    ['a tensor', tensor()],
    ['a Counter', call(global('collections', 'Counter'), dict())],
    ['a defaultdict', call(global('collections', 'defaultdict'), NONE)],
  ])('BUILD of %s', async (_, target) => {
    expect((await readPickle(beside(build(target, dict([text('x'), int(1)]))))).code).toBe('refused-call');
  });

  it.each<[string, Fragment]>([
    ['encode to rot13', call(encode, text('x'), text('rot13'))],
    ['encode to zip', call(encode, text('x'), text('zip'))],
    ['encode to utf-8', call(encode, text('x'), text('utf-8'))],
    ['encode without an encoding', call(encode, text('x'))],
    ['encode of a number', call(encode, int(1), text('latin1'))],
    ['bytes of a number, which would be as many zeros', call(global('builtins', 'bytes'), int(2 ** 30))],
    ['an object array', dtype('O8')],
    ['a record', dtype('V16')],
    ['numpy text', dtype('S5')],
    ['a numpy date', dtype('M8')],
    ['a numpy type by class', call(global('numpy', 'dtype'), global('builtins', 'float'))],
    ['a record by its state', build(dtype('f8'), tuple(int(3), text('<'), NONE, tuple(text('a')), dict(), int(-1)))],
    [
      'an array of a class of its own',
      call(global('numpy.core.multiarray', '_reconstruct'), ordered, tuple(int(0)), bytes('b')),
    ],
    ['append to a tensor', `${tensor()}${int(1)}a`],
    ['append to a mapping', `${dict()}(${int(1)}e`],
    ['an item of a list', `${list()}${int(0)}${int(1)}s`],
    ['items of a tensor', `${tensor()}(${int(0)}${int(1)}u`],
    ['add to a list', `${list()}(${int(1)}\x90`],
    [
      'attributes of a mapping that was a namespace once',
      `${namespace}${put(1)}${dict()}${put(1)}${dict([text('x'), int(1)])}b`,
    ],
  ])('%s', async (_, fragment) => {
    const { code, message } = await readPickle(beside(fragment));
    expect([code, message]).toEqual(['refused-call', expect.stringMatching(/refused .* at byte \d+/)]);
  });

  it('a good name in the memo, replaced by another value, is that value', async () => {
    const aliased = `${ordered}${put(7)}${text('os.system')}${put(7)}${get(7)}${tuple(command)}R`;
    expect((await readPickle(pickle(tuple(aliased)))).code).toBe('refused-call');
  });
});

describe('what honest files have is read', () => {
  it.each<[string, Fragment]>([
    ['a namespace', build(newObject(global('argparse', 'Namespace')), dict([text('lr'), int(1)]))],
    ['a counter', call(global('collections', 'Counter'), dict([int(3), int(1)]))],
    ['a defaultdict', call(global('collections', 'defaultdict'), global('builtins', 'list'))],
    ['a set of Python 2', call(global('__builtin__', 'set'), list(int(1)))],
    ['a frozenset', `(${int(1)}\x91`],
    ['an empty bytes object', call(global('__builtin__', 'bytes'))],
    ['an element type', global('torch', 'bfloat16')],
    ['a device', call(global('torch', 'device'), text('cuda'), int(0))],
    ['a size', call(global('torch', 'Size'), tuple(int(2), int(3)))],
    ['an OrderedDict with its versions', build(orderedDict(list()), dict([text('_metadata'), orderedDict(list())]))],
  ])('%s', async (_, fragment) => {
    const { weights } = await readPickle(
      pickle(dict([text('model'), dict([text('w'), tensor()])], [text('x'), fragment])),
    );
    expect([...(weights?.tensors.get('w')?.data ?? [])]).toEqual([0, 1, 2, 3, 4, 5]);
  });
});
