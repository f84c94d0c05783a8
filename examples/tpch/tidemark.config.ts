import { defineConfig, view } from 'tidemark'

const freshness = '5s'

export default defineConfig({
  views: [
    view('q01', { query: './views/q01.sql', key: ['l_returnflag', 'l_linestatus'], freshness }),
    view('q02', { query: './views/q02.sql', key: ['p_partkey', 's_name'], freshness }),
    view('q03', { query: './views/q03.sql', key: ['l_orderkey'], freshness }),
    view('q04', { query: './views/q04.sql', key: ['o_orderpriority'], freshness }),
    view('q05', { query: './views/q05.sql', key: ['n_name'], freshness }),
    view('q06', { query: './views/q06.sql', key: [], freshness }),
    view('q07', { query: './views/q07.sql', key: ['supp_nation', 'cust_nation', 'l_year'], freshness }),
    view('q08', { query: './views/q08.sql', key: ['o_year'], freshness }),
    view('q09', { query: './views/q09.sql', key: ['nation', 'o_year'], freshness }),
    view('q10', { query: './views/q10.sql', key: ['c_custkey'], freshness }),
    view('q11', { query: './views/q11.sql', key: ['ps_partkey'], freshness }),
    view('q12', { query: './views/q12.sql', key: ['l_shipmode'], freshness }),
    view('q13', { query: './views/q13.sql', key: ['c_count'], freshness }),
    view('q14', { query: './views/q14.sql', key: [], freshness }),
    view('q15', { query: './views/q15.sql', key: ['s_suppkey'], freshness }),
    view('q16', { query: './views/q16.sql', key: ['p_brand', 'p_type', 'p_size'], freshness }),
    view('q17', { query: './views/q17.sql', key: [], freshness }),
    view('q18', { query: './views/q18.sql', key: ['o_orderkey'], freshness }),
    view('q19', { query: './views/q19.sql', key: [], freshness }),
    view('q20', { query: './views/q20.sql', key: ['s_name'], freshness }),
    view('q21', { query: './views/q21.sql', key: ['s_name'], freshness }),
    view('q22', { query: './views/q22.sql', key: ['cntrycode'], freshness }),
  ],
})
